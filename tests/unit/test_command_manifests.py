"""YAML of files: as Kubernetes' clients read it, and refused where they would refuse it."""

import pytest

from openclaw_vllm.commands.manifests import Unreadable, read


def values(text: str) -> object:
    (found,) = read("file.yaml", f"kind: A\nvalue: {text}\n")
    return found.manifest["value"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-01-01", "2026-01-01"),
        ("1:30", "1:30"),
        ("1e3", 1000.0),
        ("0x10", 16),
        ("0o17", 15),
        ("12", 12),
        ("1.5", 1.5),
        ("-3", -3),
        ("60s", "60s"),
        ("yes", True),
        ('"yes"', "yes"),
        ("null", None),
        ("1_000", 1000),
    ],
)
def test_a_scalar_is_what_kubernetes_takes_it_for(text: str, value: object) -> None:
    found = values(text)
    assert found == value
    assert type(found) is type(value)


def test_documents_and_lists_are_taken_apart_and_empty_ones_passed_over() -> None:
    text = "---\n# nothing\n---\nkind: A\n---\nkind: List\nitems: [{kind: B}, {kind: C}]\n"
    assert [found.kind for found in read("file.yaml", text)] == ["A", "B", "C"]


def test_json_is_yaml() -> None:
    assert [found.kind for found in read("file.json", '{"kind": "A"}')] == ["A"]


BOMB = "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"{this}: &{this} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, this in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3\n", "file.yaml:3:1: the key 'a' is written twice"),
        ("a: [1\n", "file.yaml:2:1: "),
        ("a: {{ .Values.name }}\n", "file.yaml"),
        ("- a\n", "file.yaml: document 1 is not an object"),
        ("1: a\n", "the key 1 has to be text"),
        ("a: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
        ("kind: List\nitems: 7\n", "the items of a List have to be objects"),
        (BOMB, "it holds more than 200000 values"),
        ("a: &a [*a]\n", "it holds more than 200000 values"),
        ("a: " + "[" * 5000, "nested too deeply"),
        ("a: \x07\n", "file.yaml: "),
    ],
    ids=[
        "duplicate", "syntax", "template", "no-object", "key", "code", "list", "bomb", "loop",
        "deep", "control",
    ],
)  # fmt: skip
def test_a_file_that_kubernetes_would_not_take_is_refused_with_its_place(
    text: str, complaint: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        read("file.yaml", text)
    assert complaint in str(refused.value)
