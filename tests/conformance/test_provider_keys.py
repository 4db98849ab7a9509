"""The keys that the real client has for a provider: published and obeyed, or the docs say why."""

import asyncio
import json
import re
import time
from pathlib import Path

import pytest

from tests.conformance.conftest import NewAgent
from tests.conformance.install import Installation
from tests.conformance.openclaw import inference
from tests.conformance.published import publish
from tests.conformance.schema import Schema
from tests.hostile_server import HostileServer
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(600)

DOCS = Path(__file__).parents[2] / "docs" / "provider.md"
ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \|", re.MULTILINE)
LIMIT = 2  # seconds
STARTED_WITHIN = 60.0  # seconds; without the limit the client waits for 300


def test_the_docs_name_every_key_of_a_provider(installation: Installation) -> None:
    section = DOCS.read_text(encoding="utf-8").partition("under `models.providers.<id>`")[2]
    table = section.partition("\n\n|")[2].partition("\n\n")[0]
    named = [key for row in ROW.findall(f"|{table}") for key in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(Schema(installation).provider_keys())


async def test_the_client_waits_for_an_answer_as_long_as_is_published(new_agent: NewAgent) -> None:
    async with HostileServer("silence") as server:
        spec = {"baseUrl": f"http://127.0.0.1:{server.port}/v1", "timeoutSeconds": LIMIT}
        published = publish(spec, [Model("m")])
        agent = new_agent()
        agent.configure(published.data["openclaw.json"])
        start = time.monotonic()
        ran = await asyncio.to_thread(agent.run, *inference("vllm/m"))
    assert time.monotonic() - start < STARTED_WITHIN
    assert ran.code != 0
    assert "timed out" in ran.err
    assert json.loads(published.data["models.json"])["providers"]["vllm"]["timeoutSeconds"] == LIMIT
