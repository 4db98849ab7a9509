"""Globs on model ids: one meaning everywhere."""

import pytest

from openclaw_vllm.core.models import select
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
    assert select(id_, builders.spec(discovery={"include": [glob]}).discovery) == matches
    assert select(id_, builders.spec(discovery={"exclude": [glob]}).discovery) != matches


def test_exclude_is_applied_after_include() -> None:
    discovery = builders.spec(discovery={"include": ["a*", "b*"], "exclude": ["*x"]}).discovery
    assert [id_ for id_ in ("a", "ax", "b", "c") if select(id_, discovery)] == ["a", "b"]


def test_a_glob_of_many_stars_is_quick() -> None:
    discovery = builders.spec(discovery={"include": ["*a" * 100]}).discovery
    assert not select("a" * 500 + "b", discovery)
