import pytest

from tests import captures


@pytest.mark.parametrize("name", captures.names())
def test_every_capture_is_whole(name: str) -> None:
    capture = captures.read(name)
    assert 200 <= capture.status < 600
    length = int(capture.headers.get("content-length", len(capture.body)))
    assert length == (0 if name == "models-head" else len(capture.body))


def test_bodies_are_read_as_received() -> None:
    assert captures.read("auth-missing").body == b'{"error":"Unauthorized"}'
    assert captures.read("weird-names").body.decode().count('"id":"dup"') == 2
    assert captures.read("models-plain").headers["vary"] == "Origin"
