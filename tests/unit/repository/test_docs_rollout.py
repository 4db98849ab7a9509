"""The picture of a rollout in docs/ is what the operator publishes."""

from hack import rollout_picture


def test_the_picture_of_a_rollout_is_drawn_by_its_script() -> None:
    """Else: python -m hack.rollout_picture."""
    assert rollout_picture.FILE.read_text() == rollout_picture.picture()
    assert "](rollout.svg)" in (rollout_picture.FILE.parent / "replicas.md").read_text()
