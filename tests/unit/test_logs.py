"""Log lines: for machines and for people, with the key of the object that they are about."""

import json
import logging
import sys

import pytest

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.logs import JsonFormatter, TextFormatter, WatchFailures, set_up

KEY = ObjectKey("agents", "vllm")


def record(message: str, *args: object, **fields: object) -> logging.LogRecord:
    created = logging.LogRecord("openclaw_vllm.x", logging.INFO, "x.py", 1, message, args, None)
    vars(created).update(fields)
    return created


def test_json_has_one_object_a_line_with_the_key_in_fields_of_its_own() -> None:
    line = JsonFormatter().format(record("Ready is %s\n%s", "True", '"', key=KEY))
    assert "\n" not in line
    fields = json.loads(line)
    assert fields.pop("time").endswith("+00:00")
    assert fields == {
        "level": "info",
        "logger": "openclaw_vllm.x",
        "message": 'Ready is True\n"',
        "namespace": "agents",
        "name": "vllm",
    }


def test_a_line_about_no_namespace_or_no_object_has_no_such_field() -> None:
    assert "name" not in json.loads(JsonFormatter().format(record("ending")))
    cluster_scoped = json.loads(JsonFormatter().format(record("x", key=ObjectKey("", "all"))))
    assert ("namespace" in cluster_scoped, cluster_scoped["name"]) == (False, "all")


def test_an_exception_is_a_field() -> None:
    failed = record("failed")
    try:
        raise ValueError("why")
    except ValueError:
        failed.exc_info = sys.exc_info()
    assert "ValueError: why" in json.loads(JsonFormatter().format(failed))["exception"]


def test_text_has_the_key_before_the_message() -> None:
    assert (
        TextFormatter()
        .format(record("Ready is %s", "True", key=KEY))
        .endswith(" INFO    openclaw_vllm.x: agents/vllm: Ready is True")
    )
    assert TextFormatter().format(record("ending")).endswith(" openclaw_vllm.x: ending")


@pytest.mark.parametrize(("form", "formatter"), [("json", JsonFormatter), ("text", TextFormatter)])
def test_each_format_has_its_formatter(form: str, formatter: type[logging.Formatter]) -> None:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    try:
        root.handlers = []
        set_up(form, "info")
        (handler,) = root.handlers
        assert type(handler.formatter) is formatter
        assert [type(each) for each in handler.filters] == [WatchFailures]
    finally:
        root.handlers, root.level = before


WATCHING = "kopf._cogs.clients.watching"
SERVICES = "https://10.96.0.1:443/api/v1/services?watch=true&resourceVersion=601"
CUT = "ServerDisconnectedError('Server disconnected')"
CUT_LINE = f"GET /api/v1/services failed ({CUT}); will retry"


def filtered(message: str, name: str = WATCHING) -> str | None:
    """Return what the filter makes of an error that kopf logs with its traceback."""
    created = record(message, name=name, levelname="ERROR", levelno=logging.ERROR)
    try:
        raise ValueError("why")
    except ValueError:
        created.exc_info = sys.exc_info()
    if not WatchFailures().filter(created):
        return None
    line = json.loads(JsonFormatter().format(created))
    return f"{line['level']}: {line['message']}{line.get('exception', '')}"


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (f"Request attempt #1 failed; will retry: GET {SERVICES} -> {CUT}", CUT_LINE),
        (
            f"Request attempt #1/9 failed; escalating: GET {SERVICES} -> {CUT}",
            f"GET /api/v1/services failed ({CUT}); escalating",
        ),
        (
            f"Request attempt #2 failed; TCP closed; will re-authenticate: GET {SERVICES}",
            "GET /api/v1/services failed 2 times in a row; TCP closed; will re-authenticate",
        ),
        (
            f"Request attempt #1 failed; will retry: GET {SERVICES} -> {'x' * 1000}",
            f"GET /api/v1/services failed ({'x' * 300}); will retry",
        ),
    ],
)
def test_a_failure_of_a_watch_is_one_line_without_parameters(message: str, line: str) -> None:
    assert filtered(message) == f"warning: {line}"


def test_failures_in_a_row_are_counted_and_told_less_and_less_often() -> None:
    attempts = [
        filtered(f"Request attempt #{number} failed; will retry: GET {SERVICES} -> {CUT}")
        for number in range(1, 65)
    ]
    counts = [number for number, line in enumerate(attempts, 1) if line is not None]
    assert counts == [1, 2, 4, 8, 16, 32, 64]
    assert attempts[63] == (
        f"warning: GET /api/v1/services failed 64 times in a row ({CUT}); will retry"
    )


@pytest.mark.parametrize(
    "name",
    [
        WATCHING,
        "kopf._core.reactor.orchestration",
        "kopf._core.reactor.running",
        "kopf.activities.authentication",
    ],
)
def test_what_else_keeps_a_watch_from_working_is_an_error_without_a_traceback(name: str) -> None:
    assert filtered("Watcher for services.v1@none has failed: no", name) == (
        "error: Watcher for services.v1@none has failed: no"
    )


class OfKopf(ValueError):
    """Stands in for kopf's exceptions, of which it exports none."""

    __module__ = "kopf._cogs.clients.errors"


@pytest.mark.parametrize(("error", "passes"), [(OfKopf, False), (ValueError, True)])
def test_of_a_task_that_ends_beside_another_nothing_is_logged_that_kopf_has_logged(
    error: type[Exception], *, passes: bool
) -> None:
    missing = record("Task exception was never retrieved", name="asyncio")
    try:
        raise error("no")
    except ValueError:
        missing.exc_info = sys.exc_info()
    assert WatchFailures().filter(missing) is passes
    assert missing.exc_info is not None
    assert WatchFailures().filter(record("Executing took 1 second", name="asyncio"))


@pytest.mark.parametrize("name", ["kopf.objects", "openclaw_vllm.run", "asyncio"])
def test_whatever_else_fails_has_its_traceback(name: str) -> None:
    line = filtered(f"Request attempt #3 failed; will retry: GET {SERVICES} -> {CUT}", name)
    assert line is not None
    assert "attempt #3" in line
    assert "ValueError: why" in line
