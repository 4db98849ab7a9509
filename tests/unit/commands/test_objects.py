"""YAML of files: as Kubernetes' clients read it, and rejected where they would reject it."""

import pytest

from openclaw_vllm.commands import objects
from openclaw_vllm.commands.objects import Unreadable, read
from tests.builders.yaml_scalars import SCALARS


def read_value(text: str) -> object:
    (file_object,) = read("file.yaml", f"kind: A\nvalue: {text}\n")
    return file_object.manifest["value"]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_a_scalar_is_what_kubernetes_takes_it_for(text: str, value: object) -> None:
    result = read_value(text)
    assert result == value
    assert type(result) is type(value)


def test_a_key_becomes_text_as_it_does_in_kubectl() -> None:
    (file_object,) = read("file.yaml", "on: a\n1: b\n1.5: c\nplain: d\n")
    assert file_object.manifest == {"true": "a", "1": "b", "1.5": "c", "plain": "d"}


def test_documents_and_lists_are_split_and_empty_ones_passed_over() -> None:
    text = "---\n# nothing\n---\nkind: A\n---\nkind: List\nitems: [{kind: B}, {kind: C}]\n"
    assert [file_object.kind for file_object in read("file.yaml", text)] == ["A", "B", "C"]


def test_json_is_yaml() -> None:
    assert [file_object.kind for file_object in read("file.json", '{"kind": "A"}')] == ["A"]


def test_both_halves_of_a_character_are_one_as_in_json() -> None:
    (file_object,) = read("file.json", r'{"kind": "A", "\ud83e\udd9e": "\uFEFF\ud83e\udd9e"}')
    assert file_object.manifest == {"kind": "A", "\U0001f99e": "\ufeff\U0001f99e"}


BOMB = "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"{this}: &{this} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, this in zip("abcdefgh", "bcdefghi", strict=True)
)

MERGES = "a: &a {k: 1}\n" + "".join(
    f"{this}: &{this}\n  <<: [{', '.join([f'*{before}'] * 10)}]\n"
    for before, this in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "file.yaml:3:1: the key 'a' is written twice"),
        ("a: [1\n", "file.yaml:2:1: "),
        ("a: {{ .Values.name }}\n", "file.yaml"),
        ("- a\n", "file.yaml: document 1 is not an object"),
        ("~: a\n", "file.yaml:1:1: a key has to be text"),
        ("a: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
        ("kind: List\nitems: 7\n", "the items of a List have to be objects"),
        (BOMB, "it holds more than 200000 values"),
        (MERGES, "it holds more than 200000 values"),
        ("a: -1e999\n", "it holds a number that no JSON"),
        (f"a: 1{'0' * 400}\n", "it holds a number that no JSON"),
        ("a: &a [*a]\n", "it holds more than 200000 values"),
        ("a: " + "[" * 1000, "nested too deeply"),
        ("a: \x07\n", "file.yaml: "),
        ("a: !!binary aGk=\n", "it holds a value that is no JSON: bytes"),
        ("a: !!set {b}\n", "it holds a value that is no JSON: set"),
        ('a: 1\nb: "\\uD800"\n', "file.yaml:2:4: a text holds half a surrogate pair"),
        ('a:\n  "\\udfff": 1\n', "file.yaml:2:3: a text holds half a surrogate pair"),
        ('{"a": ["\\uDE00\\uD83D"]}', "file.yaml:1:8: a text holds half a surrogate pair"),
    ],
    ids=[
        "duplicate", "syntax", "template", "no-object", "key", "code", "list", "bomb", "merges",
        "float", "int", "loop", "deep", "control", "binary", "set", "half", "half-key",
        "halves-swapped",
    ],
)  # fmt: skip
def test_a_file_that_kubernetes_would_not_take_is_rejected_with_its_position(
    text: str, message: str
) -> None:
    with pytest.raises(Unreadable) as error:
        read("file.yaml", text)
    assert message in str(error.value)


def test_merges_are_read_and_each_document_is_counted_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(objects, "MAX_VALUES", 12)
    text = "kind: A\nbase: &base {k: 1, l: 1}\nvalue: {<<: *base, k: 2}\n"
    file_objects = read("file.yaml", "---\n".join([text] * 5))
    assert [each.manifest["value"] for each in file_objects] == [{"k": 2, "l": 1}] * 5
