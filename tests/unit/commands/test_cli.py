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
    "watch_list": "auto",
    "mount_refresh": False,
    "max_concurrent_probes": 64,
    "metrics_bind_address": ":8080",
    "health_probe_bind_address": ":8081",
    "leader_elect": False,
    "leader_election_namespace": None,
    "leader_election_id": "openclaw-vllm-operator",
    "shard_selector": "",
    "catalogs_only": False,
    "allow_addresses": (),
    "allow_external_names": (),
    "cluster_domain": None,
    "log_format": None,
    "log_level": "info",
}


def parse(*args: str) -> dict[str, Any]:
    return run.make_context("run", list(args)).params


def test_the_defaults_are_those_of_the_documentation() -> None:
    assert parse() == DEFAULTS


def test_every_option_is_a_setting() -> None:
    settings = {name: value for name, value in parse().items() if name not in OUTSIDE_OF_SETTINGS}
    assert Settings(**settings) == Settings()


CASES = [
    ("namespace", ("a",), "a", ["a"]),
    ("namespace", ("a", "b"), "a b", ["a", "b"]),
    ("namespace", ("a" * 63, "0-1"), f"{'a' * 63}  0-1", ["a" * 63, "0-1"]),
    ("allow_hosts", ("*.test", "10.0.0.0/8"), "*.test 10.0.0.0/8", ["*.test", "10.0.0.0/8"]),
    ("watch_list", "off", "off", ["off"]),
    ("max_concurrent_probes", 7, "7", ["7"]),
    ("metrics_bind_address", "0", "0", ["0"]),
    ("metrics_bind_address", "127.0.0.1:9090", "127.0.0.1:9090", ["127.0.0.1:9090"]),
    ("health_probe_bind_address", "[::1]:9091", "[::1]:9091", ["[::1]:9091"]),
    ("leader_election_namespace", "ops", "ops", ["ops"]),
    ("leader_election_id", "shard-a", "shard-a", ["shard-a"]),
    ("shard_selector", "a.b/c notin (d, e),!f", "a.b/c notin (d, e),!f", ["a.b/c notin (d, e),!f"]),
    (
        "allow_addresses",
        ("169.254.1.2", "fe80::1"),
        "169.254.1.2 fe80::1",
        ["169.254.1.2", "fe80::1"],
    ),
    ("allow_external_names", ("*.a.test", "b.test"), "*.a.test b.test", ["*.a.test", "b.test"]),
    ("cluster_domain", "k8s.home.lan", "k8s.home.lan", ["k8s.home.lan"]),
    ("log_format", "json", "json", ["json"]),
    ("log_level", "debug", "debug", ["debug"]),
]


@pytest.mark.parametrize(("name", "value", "variable", "values"), CASES)
def test_an_option_is_taken_from_the_command_line_and_from_the_environment(
    name: str, value: object, variable: str, values: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    option = f"--{name.replace('_', '-')}"
    args = [word for each in values for word in (option, each)]
    assert parse(*args) == DEFAULTS | {name: value}
    monkeypatch.setenv(f"OPENCLAW_VLLM_{name.upper()}", variable)
    assert parse() == DEFAULTS | {name: value}


@pytest.mark.parametrize(
    "name",
    [
        "no_catalogs",
        "catalogs_only",
        "allow_loopback",
        "allow_insecure_keys",
        "mount_refresh",
        "leader_elect",
    ],
)
def test_a_switch_is_taken_from_both_as_well(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse(f"--{name.replace('_', '-')}") == DEFAULTS | {name: True}
    for variable, value in (("true", True), ("1", True), ("false", False), ("0", False)):
        monkeypatch.setenv(f"OPENCLAW_VLLM_{name.upper()}", variable)
        assert parse() == DEFAULTS | {name: value}


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCLAW_VLLM_LOG_LEVEL", "error")
    assert parse("--log-level", "debug")["log_level"] == "debug"


BAD = [
    ("--log-level", "loud", ["debug", "info", "warning", "error"]),
    ("--log-format", "xml", ["json", "text"]),
    ("--watch-list", "never", ["auto", "on", "off"]),
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
    ("--leader-election-id", "Shard_A", ["'Shard_A' is no name", "lower-case"]),
    ("--shard-selector", "a=b=c", ["'a=b=c' is no label selector", "KEY notin (A,B)"]),
    ("--shard-selector", "a in b", ["is no label selector"]),
    ("--leader-election-namespace", "Ops", ["'Ops' is no namespace", "lower-case"]),
    ("--allow-addresses", "169.254.0.0/16", ["is too broad", "256 addresses at most"]),
    ("--allow-addresses", "169.254.169.254", ["which stay denied in any case"]),
    ("--allow-addresses", "10.0.0.1", ["'10.0.0.1' is not denied"]),
    ("--allow-external-names", "*", ["'*' is neither a name nor a glob", "all names cannot be"]),
    ("--allow-external-names", "vllm*", ["such as *.models.svc.cluster.local"]),
    ("--cluster-domain", "k8s home", ["'k8s home' is no domain", "such as cluster.local"]),
    ("--cluster-domain", "svc.k8s.lan", ["is no domain", "without the svc before it"]),
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
    in_args = CliRunner().invoke(cli.main, ["run", option, value])
    in_environment = CliRunner().invoke(cli.main, ["run"], env={variable: value})
    for result in (in_args, in_environment):
        assert result.exit_code == 2
        assert option in result.output
        assert all(name in result.output for name in named)


@pytest.mark.parametrize("option", ["--namespace", "--leader-election-namespace"])
def test_an_empty_namespace_is_refused_and_not_taken_for_all(option: str) -> None:
    result = CliRunner().invoke(cli.main, ["run", option, ""])
    assert result.exit_code == 2
    assert "'' is no namespace" in result.output


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
    result = CliRunner().invoke(cli.main, ["run"], env={"OPENCLAW_VLLM_ALLOW_LOOPBACK": value})
    assert result.exit_code == 2
    assert "--allow-loopback" in result.output


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--catalogs-only", "--shard-selector=a=b"], "--shard-selector"),
        (["--catalogs-only", "--namespace=a"], "--namespace"),
        (["--catalogs-only", "--no-catalogs"], "--no-catalogs"),
        (["--shard-selector=a=b", "--mount-refresh"], "--mount-refresh"),
    ],
)
def test_options_of_shards_that_exclude_each_other_end_with_2(words: list[str], named: str) -> None:
    result = CliRunner().invoke(cli.main, ["run", *words])
    assert result.exit_code == 2
    assert named in result.output


def test_an_election_outside_of_a_pod_needs_a_namespace() -> None:
    result = CliRunner().invoke(cli.main, ["run", "--leader-elect"])
    assert result.exit_code == 2
    assert "--leader-election-namespace" in result.output


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["run", "--help"], ["--version"]])
def test_help_and_version_need_no_cluster(words: list[str]) -> None:
    assert CliRunner().invoke(cli.main, words).exit_code == 0


def test_hosts_are_split_into_globs_and_networks() -> None:
    settings = Settings(allow_hosts=("*.Example.com", "10.1.2.3/8", "fd00::1", "host"))
    assert settings.host_globs == ("*.example.com", "host")
    assert settings.networks == (ip_network("10.0.0.0/8"), ip_network("fd00::1/128"))
