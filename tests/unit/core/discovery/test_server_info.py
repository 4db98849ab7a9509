"""What a server says of itself, and how often it has to say that it does not chat."""

from functools import reduce

import pytest

from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.server_info import ServerInfo
from openclaw_vllm.core.discovery.state import SERVER_INFO_AGE
from tests import builders
from tests.builders import CONNECTION, served

CHATS = ServerInfo("0.32.0", "Generate")


def after(*answers: Task | None, info: ServerInfo = CHATS, remove_after: int = 3) -> ServerInfo:
    return reduce(
        lambda before, task: before.update("", task, 0.0, remove_after=remove_after), answers, info
    )


@pytest.mark.parametrize(
    ("answers", "task"),
    [
        pytest.param(["Embed"], "Generate", id="once"),
        pytest.param(["Embed", "Embed"], "Generate", id="twice"),
        pytest.param(["Embed", "Embed", "Embed"], "Embed", id="removeAfter times"),
        pytest.param(
            ["Embed", "Embed", "Generate", "Embed"], "Generate", id="not in a row, by Generate"
        ),
        pytest.param(
            ["Embed", "Embed", "Unknown", "Embed"], "Unknown", id="not in a row, by Unknown"
        ),
        pytest.param(["Embed", None, "Embed", "Embed"], "Embed", id="with a gap that counts not"),
        pytest.param(["Other", "Other"], "Generate", id="twice that it does something else"),
        pytest.param(["Other", "Other", "Other"], "Other", id="something else, removeAfter times"),
        pytest.param(["Other", "Embed", "Other"], "Other", id="one or the other, in a row"),
        pytest.param(["Unknown"], "Unknown", id="no more than that its routes are unclear"),
    ],
)
def test_a_server_that_chats_and_says_that_it_does_not(
    answers: list[Task | None], task: Task
) -> None:
    assert after(*answers).task == task


@pytest.mark.parametrize("task", ["Embed", "Other"])
def test_with_remove_after_1_a_server_is_believed_at_once(task: Task) -> None:
    assert after(task, remove_after=1).task == task


@pytest.mark.parametrize("before", ["Embed", "Other"])
@pytest.mark.parametrize("task", ["Generate", "Embed", "Other", "Unknown"])
def test_of_a_server_that_does_not_chat_another_task_is_believed_at_once(
    before: Task, task: Task
) -> None:
    assert after(task, info=ServerInfo("", before)).task == task


@pytest.mark.parametrize("task", ["Embed", "Other"])
def test_without_a_known_task_that_is_doubted_as_long(task: Task) -> None:
    assert after(task, task, info=ServerInfo()).task is None
    assert after(task, task, task, info=ServerInfo()).task == task


@pytest.mark.parametrize("task", ["Embed", "Other"])
def test_while_it_is_doubted_each_answer_is_read_and_no_new_model_is_added(task: Task) -> None:
    resource = builders.resource()
    before = builders.server_state(resource, *served("chat")).with_server_info("", "Generate", 0.0)
    listed = served("embedder")
    current = before.discovery.served_ids_at(CONNECTION.base_url)
    doubted = builders.after_answer(before, resource, *listed).with_server_info(
        "", task, 0.0, current, remove_after=3
    )
    retained = doubted.discovery.retained
    assert retained is not None
    assert set(retained.served) == retained.missing == {"chat"}
    assert doubted.needs_server_info(listed, CONNECTION.base_url, SERVER_INFO_AGE / 2)


def test_of_another_url_nothing_is_known() -> None:
    discovery = builders.server_state(builders.resource(), *served("a")).discovery
    assert discovery.served_ids_at("http://elsewhere:8000/v1") == frozenset()
