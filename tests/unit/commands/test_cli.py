"""The command line: every option, its environment variable, and what is refused before a start."""

from ipaddress import ip_network
from typing import Any

import pytest
from click.testing import CliRunner

from openclaw_vllm import cli
from openclaw_vllm.commands.run import run
from openclaw_vllm.settings import Settings

OUTSIDE_OF_SETTINGS = {"log_format", "log_level", "help"}
DEFAULTS: dict[str, Any] = {
    "namespace": (),
    "allow_hosts": ("*",),
    "no_catalogs": False,
    "allow_loopback": False,
    "allow_insecure_keys": False,
    "max_concurrent_probes": 64,
    "metrics_bind_address": ":8080",
    "health_probe_bind_address": ":8081",
    "leader_elect": False,
    "leader_election_namespace": None,
    "log_format": None,
    "log_level": "info",
}


def parsed(*args: str) -> dict[str, Any]:
    return run.make_context("run", list(args)).params


def test_the_defaults_are_those_of_the_documentation() -> None:
    assert parsed() == DEFAULTS


def test_every_option_is_a_setting() -> None:
    chosen = {name: value for name, value in parsed().items() if name not in OUTSIDE_OF_SETTINGS}
    assert Settings(**chosen) == Settings()


CASES = [
    ("namespace", ("a",), "a", ["a"]),
    ("namespace", ("a", "b"), "a b", ["a", "b"]),
    ("namespace", ("a" * 63, "0-1"), f"{'a' * 63}  0-1", ["a" * 63, "0-1"]),
    ("allow_hosts", ("*.test", "10.0.0.0/8"), "*.test 10.0.0.0/8", ["*.test", "10.0.0.0/8"]),
    ("max_concurrent_probes", 7, "7", ["7"]),
    ("metrics_bind_address", "0", "0", ["0"]),
    ("metrics_bind_address", "127.0.0.1:9090", "127.0.0.1:9090", ["127.0.0.1:9090"]),
    ("health_probe_bind_address", "[::1]:9091", "[::1]:9091", ["[::1]:9091"]),
    ("leader_election_namespace", "ops", "ops", ["ops"]),
    ("log_format", "json", "json", ["json"]),
    ("log_level", "debug", "debug", ["debug"]),
]


@pytest.mark.parametrize(("name", "value", "variable", "values"), CASES)
def test_an_option_is_taken_from_the_command_line_and_from_the_environment(
    name: str, value: object, variable: str, values: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    option = f"--{name.replace('_', '-')}"
    given = [word for each in values for word in (option, each)]
    assert parsed(*given) == DEFAULTS | {name: value}
    monkeypatch.setenv(f"OPENCLAW_VLLM_{name.upper()}", variable)
    assert parsed() == DEFAULTS | {name: value}


@pytest.mark.parametrize(
    "name", ["no_catalogs", "allow_loopback", "allow_insecure_keys", "leader_elect"]
)
def test_a_switch_is_taken_from_both_as_well(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert parsed(f"--{name.replace('_', '-')}") == DEFAULTS | {name: True}
    for variable, value in (("true", True), ("1", True), ("false", False), ("0", False)):
        monkeypatch.setenv(f"OPENCLAW_VLLM_{name.upper()}", variable)
        assert parsed() == DEFAULTS | {name: value}


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCLAW_VLLM_LOG_LEVEL", "error")
    assert parsed("--log-level", "debug")["log_level"] == "debug"


BAD = [
    ("--log-level", "loud", ["debug", "info", "warning", "error"]),
    ("--log-format", "xml", ["json", "text"]),
    ("--max-concurrent-probes", "0", ["1", "1024"]),
    ("--max-concurrent-probes", "1025", ["1", "1024"]),
    ("--max-concurrent-probes", "many", ["integer"]),
    ("--allow-hosts", "http://vllm.test", ["glob", "10.0.0.0/8"]),
    ("--allow-hosts", "10.0.0.0/33", ["glob", "10.0.0.0/8"]),
    ("--allow-hosts", "a,b", ["glob", "10.0.0.0/8"]),
    ("--namespace", "a,b", ["'a,b' is no namespace", "63", "separates names by spaces"]),
    ("--namespace", "Bad NS", ["is no namespace", "lower-case", "separates names by spaces"]),
    ("--namespace", "a" * 64, ["is no namespace", "63"]),
    ("--namespace", "a.b", ["'a.b' is no namespace", "letters, digits and -"]),
    ("--namespace", "-a", ["'-a' is no namespace", "letter or digit at both ends"]),
    ("--leader-election-namespace", "Ops", ["'Ops' is no namespace", "lower-case"]),
    ("--metrics-bind-address", "8080", ["[HOST]:PORT", "0"]),
    ("--metrics-bind-address", "host:", ["[HOST]:PORT", "0"]),
    ("--metrics-bind-address", ":65536", ["[HOST]:PORT", "0"]),
    ("--health-probe-bind-address", ":http", ["[HOST]:PORT", "0"]),
]


@pytest.mark.parametrize(("option", "value", "named"), BAD)
def test_a_bad_value_ends_with_2_and_the_allowed_ones(
    option: str, value: str, named: list[str]
) -> None:
    variable = f"OPENCLAW_VLLM_{option.strip('-').upper().replace('-', '_')}"
    in_words = CliRunner().invoke(cli.main, ["run", option, value])
    in_environment = CliRunner().invoke(cli.main, ["run"], env={variable: value})
    for ended in (in_words, in_environment):
        assert ended.exit_code == 2
        assert option in ended.output
        assert all(name in ended.output for name in named)


@pytest.mark.parametrize("option", ["--namespace", "--leader-election-namespace"])
def test_an_empty_namespace_is_refused_and_not_taken_for_all(option: str) -> None:
    ended = CliRunner().invoke(cli.main, ["run", option, ""])
    assert ended.exit_code == 2
    assert "'' is no namespace" in ended.output


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["run", "--unknown"], id="an unknown option"),
        pytest.param(["run", "extra"], id="an argument"),
        pytest.param(["walk"], id="an unknown command"),
        pytest.param(["run", "--namespace"], id="an option without its value"),
    ],
)
def test_what_is_unknown_ends_with_2(words: list[str]) -> None:
    assert CliRunner().invoke(cli.main, words).exit_code == 2


@pytest.mark.parametrize("value", ["maybe", "2"])
def test_a_switch_of_the_environment_is_true_or_false(value: str) -> None:
    ended = CliRunner().invoke(cli.main, ["run"], env={"OPENCLAW_VLLM_ALLOW_LOOPBACK": value})
    assert ended.exit_code == 2
    assert "--allow-loopback" in ended.output


def test_an_election_outside_of_a_pod_needs_a_namespace() -> None:
    ended = CliRunner().invoke(cli.main, ["run", "--leader-elect"])
    assert ended.exit_code == 2
    assert "--leader-election-namespace" in ended.output


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["run", "--help"], ["--version"]])
def test_help_and_version_need_no_cluster(words: list[str]) -> None:
    assert CliRunner().invoke(cli.main, words).exit_code == 0


def test_hosts_are_told_apart_as_globs_and_networks() -> None:
    settings = Settings(allow_hosts=("*.Example.com", "10.1.2.3/8", "fd00::1", "host"))
    assert settings.host_globs == ("*.example.com", "host")
    assert settings.networks == (ip_network("10.0.0.0/8"), ip_network("fd00::1/128"))
