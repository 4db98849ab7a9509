"""How often models refuse to chat, and which of them are left out for it."""

import pytest

from openclaw_vllm.core.discovery.chat_refusals import ChatRefusals

REFUSES, CHATS = {"a": False}, {"a": True}
PUBLISHED, NOT_PUBLISHED = frozenset("ab"), frozenset("b")


@pytest.mark.parametrize(
    ("examinations", "published", "left_out"),
    [
        pytest.param([REFUSES], PUBLISHED, set(), id="published, one refusal"),
        pytest.param([REFUSES] * 2, PUBLISHED, set(), id="published, two"),
        pytest.param([REFUSES] * 3, PUBLISHED, {"a"}, id="published, three"),
        pytest.param([REFUSES], NOT_PUBLISHED, {"a"}, id="not published, one"),
        pytest.param([REFUSES, CHATS], NOT_PUBLISHED, set(), id="it chats after one"),
        pytest.param([*[REFUSES] * 2, CHATS, *[REFUSES] * 2], PUBLISHED, set(), id="not in a row"),
        pytest.param([*[REFUSES] * 3, CHATS], PUBLISHED, set(), id="it chats after three"),
        pytest.param([REFUSES, {}, {}, {}], PUBLISHED, set(), id="nothing was shown after one"),
        pytest.param([REFUSES, {}, *[REFUSES] * 2], PUBLISHED, {"a"}, id="nothing in between"),
        pytest.param([*[REFUSES] * 3, {}], PUBLISHED, {"a"}, id="nothing was shown after three"),
    ],
)
def test_a_model_is_left_out_after(
    examinations: list[dict[str, bool]], published: frozenset[str], left_out: set[str]
) -> None:
    refusals = ChatRefusals()
    for chats in examinations:
        refusals = refusals.update(chats, remove_after=3)
    assert refusals.left_out(published) == left_out


def test_what_is_listed_no_more_is_forgotten() -> None:
    refusals = ChatRefusals().update(REFUSES, 3).update({"b": False}, 1)
    assert refusals.ids == {"a", "b"}
    assert refusals.of_models(frozenset("c")).ids == frozenset()
