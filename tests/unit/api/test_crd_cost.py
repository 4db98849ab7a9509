"""Holds what the CEL rules must not do, so that Kubernetes 1.30 to 1.33 accept the CRDs too.

Those API servers do not see the maxLength of an int-or-string: whatever reads the whole string is
estimated as if it had 3 MiB, and a CRD with such a rule within lists is refused (1.30.14).
"""

import re
from typing import Any

import pytest

from openclaw_vllm.api import crd
from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.structural import structural
from openclaw_vllm.commands import cel_rules
from tests.builders.schemas import walk

# Functions and operators that read a whole string, on `self` or on an item p of a list.
READS_ALL = re.compile(
    r"(self|\bp|\bq)[.](matches|contains|startsWith|endsWith|lowerAscii|substring|split|trim)\b"
    r"|string[(](self|p|q)[)]|type[(]\w+[)] [!=]= |\b(self|p|q) [!=]= "
)
SERVICES = structural(VllmCatalogSpec)["properties"]["sources"]["items"]["properties"]["services"]
PORT = SERVICES["properties"]["port"]
PORTS = {key: value for key, value in SERVICES["properties"]["ports"].items() if key != "items"}


def rules(node: dict[str, Any]) -> list[str]:
    return [rule["rule"] for rule in node.get(cel_rules.VALIDATIONS, ())]


def is_int_or_string(node: dict[str, Any]) -> bool:
    return bool(node.get("x-kubernetes-int-or-string"))


@pytest.mark.parametrize("kind", crd.DEFINITIONS, ids=lambda kind: kind.kind)
def test_no_rule_reads_the_whole_of_an_int_or_string(kind: crd.Definition) -> None:
    schema = crd.definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    nodes = [node for _, node in walk(schema)]
    ports = [node for node in nodes if is_int_or_string(node)]
    lists = [node for node in nodes if is_int_or_string(node.get("items", {}))]
    assert ports
    assert [rule for node in ports + lists for rule in rules(node) if READS_ALL.search(rule)] == []


@pytest.mark.parametrize(
    "rule",
    [
        "self.matches('^[a-z]+$')",
        "type(self) == int ? self >= 1 : size(self) <= 15",
        "self.all(p, self.exists_one(q, string(q) == string(p)))",
        "self.all(p, self.exists_one(q, q == p))",
    ],
)
def test_the_rules_that_1_30_refused_are_noticed(rule: str) -> None:
    assert READS_ALL.search(rule)


@pytest.mark.parametrize("port", [1, 65535, "a", "http", "http-8000", "0a", "a" * 15, "0--a"])
def test_a_port_is_a_number_or_the_name_of_a_port(port: int | str) -> None:
    assert list(cel_rules.violations(port, PORT, "port")) == []


@pytest.mark.parametrize(
    "port",
    [0, -1, 65536, "", "-", "8000", "0-0", "-a", "a-", "A", "a_b", "a.b", "é", "a\n", "a" * 16],
    ids=repr,
)
def test_anything_else_is_no_port(port: int | str) -> None:
    (violation,) = cel_rules.violations(port, PORT, "port")
    assert violation.message.startswith("write a number from 1 to 65535 without quotes")


@pytest.mark.parametrize("ports", [["http"], [8000, "http"], [*range(1, 9)]], ids=repr)
def test_ports_that_differ_are_accepted(ports: list[int | str]) -> None:
    assert list(cel_rules.violations(ports, PORTS, "ports")) == []


@pytest.mark.parametrize("ports", [[], [1, 1], ["http", 1, "http"]], ids=repr)
def test_no_port_and_a_port_twice_are_refused(ports: list[int | str]) -> None:
    (violation,) = cel_rules.violations(ports, PORTS, "ports")
    assert violation.message == "write each port once, such as [http, 8001]"
