"""`openclaw-vllm run`: the operator; every option is an environment variable too."""

import asyncio
import logging
import sys
from collections.abc import Mapping
from typing import Any

import click

from openclaw_vllm.commands.options import FAILED
from openclaw_vllm.commands.parameters import (
    CATALOGS_ONLY_HELP,
    SHARD_HELP,
    address_options,
    host_rules,
    lease,
    namespaces,
    selector,
)
from openclaw_vllm.edges.kube.connection import own_namespace
from openclaw_vllm.edges.kube.leader import LEASE, LeadershipLost
from openclaw_vllm.edges.kube.login.errors import NoCluster
from openclaw_vllm.edges.metrics.http_endpoints import is_address
from openclaw_vllm.logs import is_watch_failure, set_up
from openclaw_vllm.run import run as run_operator
from openclaw_vllm.settings import Settings

WATCH_LIST = ("auto", "on", "off")
LEVELS = ("debug", "info", "warning", "error")

logger = logging.getLogger(__name__)


def _address(_: click.Context, option: click.Parameter, value: str) -> str:
    if not is_address(value):
        raise click.BadParameter(f"{value!r} is neither [HOST]:PORT nor 0", param=option)
    return value


def _lease_namespace(options: Mapping[str, Any]) -> str:
    namespace: str | None = options["leader_election_namespace"] or own_namespace()
    if namespace is None:
        raise click.UsageError("outside of a pod, --leader-elect needs --leader-election-namespace")
    return namespace


def _refuse_contradictions(options: dict[str, Any]) -> None:
    """Raise click.UsageError for options of shards that exclude each other."""
    if options["catalogs_only"] and any(
        options[name] for name in ("shard_selector", "namespace", "no_catalogs")
    ):
        raise click.UsageError(
            "--catalogs-only serves VllmCatalogs, from the VllmProviders of the whole cluster: "
            "leave out --shard-selector, --namespace and --no-catalogs"
        )
    if options["shard_selector"] and options["mount_refresh"]:
        raise click.UsageError(
            "--mount-refresh excludes --shard-selector: each shard would annotate every pod"
        )


@click.command(context_settings={"auto_envvar_prefix": "OPENCLAW_VLLM", "show_default": True})
@click.option(
    "--namespace",
    multiple=True,
    metavar="NS",
    callback=namespaces,
    help="Watch only this namespace; repeatable.",
)
@click.option(
    "--no-catalogs", is_flag=True, help="Serve no VllmCatalogs; with --namespace it is so anyway."
)
@address_options
@click.option(
    "--allow-hosts",
    multiple=True,
    default=("*",),
    metavar="GLOB_OR_CIDR",
    callback=host_rules,
    help="Destinations that may be probed, by name or address; repeatable.",
)
@click.option(
    "--allow-loopback", is_flag=True, help="Allow loopback destinations: for development."
)
@click.option(
    "--allow-insecure-keys",
    is_flag=True,
    help="Let a key go to an unverified server, or over plain HTTP outside the cluster.",
)
@click.option(
    "--watch-list",
    type=click.Choice(WATCH_LIST),
    default="auto",
    help="List objects by watching them, which halves the memory; auto lists them first on "
    "Kubernetes before 1.34, and where a list by watching does not end.",
)
@click.option(
    "--mount-refresh",
    is_flag=True,
    help="Annotate pods that have the label openclaw-vllm.dev/refresh when their ConfigMap changes,"
    " so that agents see it within seconds; needs the right to patch pods.",
)
@click.option("--max-concurrent-probes", type=click.IntRange(1, 1024), default=64)
@click.option(
    "--metrics-bind-address",
    default=":8080",
    metavar="[HOST]:PORT",
    callback=_address,
    help="Where /metrics is served; 0 turns it off.",
)
@click.option(
    "--health-probe-bind-address",
    default=":8081",
    metavar="[HOST]:PORT",
    callback=_address,
    help="Where /healthz and /readyz are served; 0 turns them off.",
)
@click.option("--leader-elect", is_flag=True, help="Work only while holding a Lease.")
@click.option(
    "--leader-election-namespace",
    metavar="NS",
    callback=namespaces,
    help="The Lease's namespace; the operator's own by default, and outside of a pod in its place.",
)
@click.option(
    "--leader-election-id",
    default=LEASE,
    metavar="NAME",
    callback=lease,
    help="The Lease's name: shards have one each.",
)
@click.option(
    "--shard-selector", default="", metavar="SELECTOR", callback=selector, help=SHARD_HELP
)
@click.option("--catalogs-only", is_flag=True, help=CATALOGS_ONLY_HELP)
@click.option("--log-format", type=click.Choice(["json", "text"]), help="json when not a terminal.")
@click.option("--log-level", type=click.Choice(LEVELS), default="info")
def run(*, log_format: str | None, log_level: str, **options: Any) -> None:
    """Run the operator until SIGTERM or SIGINT."""
    if options["leader_elect"]:
        options["leader_election_namespace"] = _lease_namespace(options)
    _refuse_contradictions(options)
    set_up(log_format or ("text" if sys.stderr.isatty() else "json"), log_level)
    code = 0
    try:
        asyncio.run(run_operator(Settings(**options)))
    except (NoCluster, OSError, LeadershipLost) as error:
        logger.error("%s", error)
        code = FAILED
    except Exception as error:
        message = "the operator ends on a fatal error, and a restart is free of writes: %r"
        logger.error(message, error, exc_info=not is_watch_failure(error))
        code = FAILED
    sys.exit(code)
