"""`openclaw-vllm run`: the operator; every option is an environment variable too."""

import asyncio
import logging
import sys
from typing import Any

import click

from openclaw_vllm.commands.options import FAILED, host_rules, namespaces
from openclaw_vllm.edges.kube.connection import NoCluster, own_namespace
from openclaw_vllm.edges.kube.leader import LeadershipLost
from openclaw_vllm.edges.metrics.http_endpoints import is_address
from openclaw_vllm.logs import set_up
from openclaw_vllm.run import run as run_operator
from openclaw_vllm.settings import Settings

LEVELS = ("debug", "info", "warning", "error")

logger = logging.getLogger(__name__)


def _address(_: click.Context, option: click.Parameter, value: str) -> str:
    if not is_address(value):
        raise click.BadParameter(f"{value!r} is neither [HOST]:PORT nor 0", param=option)
    return value


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
@click.option("--log-format", type=click.Choice(["json", "text"]), help="json when not a terminal.")
@click.option("--log-level", type=click.Choice(LEVELS), default="info")
def run(*, log_format: str | None, log_level: str, **options: Any) -> None:
    """Run the operator until SIGTERM or SIGINT."""
    if options["leader_elect"]:
        options["leader_election_namespace"] = (
            options["leader_election_namespace"] or own_namespace()
        )
        if options["leader_election_namespace"] is None:
            raise click.UsageError(
                "outside of a pod, --leader-elect needs --leader-election-namespace"
            )
    set_up(log_format or ("text" if sys.stderr.isatty() else "json"), log_level)
    code = 0
    try:
        asyncio.run(run_operator(Settings(**options)))
    except (NoCluster, OSError, LeadershipLost) as error:
        logger.error("%s", error)
        code = FAILED
    except Exception:
        logger.exception("the operator ends on a fatal error; a restart is free of writes")
        code = FAILED
    sys.exit(code)
