"""Globs on model ids: one meaning everywhere."""

import re
from fnmatch import translate
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.core.discovery.globs import first_match, matches_any, matching
from openclaw_vllm.core.discovery.models import is_selected
from tests import builders


@pytest.mark.parametrize(
    ("glob", "id_", "matches"),
    [
        pytest.param("*", "a/b.c d", True, id="a star is all characters"),
        pytest.param("Qwen/*", "Qwen/a/b", True, id="a star passes slashes"),
        pytest.param("*-draft", "x-draft", True, id="a star stands for a beginning"),
        pytest.param("Qwen*", "Qwen", True, id="a star stands for nothing"),
        pytest.param("qwen/*", "Qwen/a", False, id="case counts"),
        pytest.param("Qwen", "Qwen/a", False, id="the whole id has to match"),
        pytest.param("a?c", "abc", True, id="a question mark is one character"),
        pytest.param("a?c", "a/c", True, id="a slash too"),
        pytest.param("a?", "a", False, id="and not none"),
        pytest.param("a[bc]", "a[bc]", True, id="brackets are themselves"),
        pytest.param("a[bc]", "ab", False, id="and no set"),
        pytest.param("a[!b]", "a[!b]", True, id="nor a negated one"),
        pytest.param("a.c", "abc", False, id="a dot is itself"),
        pytest.param("*", "a\nb", True, id="a star passes line breaks"),
    ],
)
def test_globs(glob: str, id_: str, *, matches: bool) -> None:
    assert is_selected(id_, builders.spec(discovery={"include": [glob]}).discovery) == matches
    assert is_selected(id_, builders.spec(discovery={"exclude": [glob]}).discovery) != matches


def test_exclude_is_applied_after_include() -> None:
    discovery = builders.spec(discovery={"include": ["a*", "b*"], "exclude": ["*x"]}).discovery
    assert [id_ for id_ in ("a", "ax", "b", "c") if is_selected(id_, discovery)] == ["a", "b"]


def test_a_glob_of_many_stars_is_quick() -> None:
    discovery = builders.spec(discovery={"include": ["*a" * 100]}).discovery
    assert not is_selected("a" * 500 + "b", discovery)


@given(
    patterns=st.lists(st.text("**??ab[]!^-\n", min_size=1, max_size=9), max_size=4),
    texts=st.lists(st.text("ab[]!^-\n", max_size=9), max_size=4),
)
@settings(max_examples=200)
def test_globs_mean_what_they_mean_to_fnmatch(patterns: list[str], texts: list[str]) -> None:
    compiled = [re.compile(translate(pattern.replace("[", "[[]"))) for pattern in patterns]
    for text in texts:
        fitting = [place for place, glob in enumerate(compiled) if glob.match(text)]
        assert first_match(patterns, text) == (fitting[0] if fitting else None)
        assert matches_any(patterns, text) == bool(fitting)
    for pattern, glob in zip(patterns, compiled, strict=True):
        assert list(matching(pattern, texts)) == [text for text in texts if glob.match(text)]


@pytest.mark.parametrize("end", ["{}b", "{}b*"], ids=["fixed end", "open end"])
def test_two_mebibytes_of_ids_meets_many_globs_in_little_time(end: str) -> None:
    """fnmatch's expressions took 2 to 3 s of CPU for an open end."""
    patterns = ["*" + "a*" * 60 + end.format(number) for number in range(64)]
    ids = [f"{number:05}" + "a" * 495 for number in range(3800)]
    began = process_time()
    assert not any(matches_any(patterns, id_) for id_ in ids)
    assert process_time() - began < 1.3
