"""Log lines: for machines and for people, with the key of the object that they are about."""

import json
import logging
import sys

import pytest

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.logs import JsonFormatter, TextFormatter, set_up

KEY = ObjectKey("agents", "vllm")


def record(message: str, *args: object, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("openclaw_vllm.x", logging.INFO, "x.py", 1, message, args, None)
    vars(made).update(fields)
    return made


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
        assert type(root.handlers[0].formatter) is formatter
    finally:
        root.handlers, root.level = before
