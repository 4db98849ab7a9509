"""Parameters of the command line: checks of their values, and help that several commands share."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from openclaw_vllm.core.discovery.addresses import parse_exact_range
from openclaw_vllm.core.discovery.service_names import DOMAIN_FORM, is_domain
from openclaw_vllm.settings import (
    NAMESPACE_FORM,
    is_external_name_rule,
    is_host_rule,
    is_namespace,
    is_selector,
)

Command = TypeVar("Command", bound=Callable[..., Any] | click.Command)
Names = TypeVar("Names", tuple[str, ...], str, None)

SHARD_HELP = (
    "Serve only the VllmProviders with these labels, and no VllmCatalogs: another operator has to "
    "serve each of the rest."
)
CATALOGS_ONLY_HELP = "Serve VllmCatalogs alone: shards serve the VllmProviders."


def with_options(command: Command, options: Sequence[Callable[[Any], Any]]) -> Command:
    """Add the options to a command, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def address_options(command: Command) -> Command:
    """Add the options on addresses and names that are exceptions, and on the cluster's domain."""
    return with_options(command, _ADDRESS_OPTIONS)


def host_rules(
    _: click.Context, option: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Raise click.BadParameter for what is neither a glob on host names nor a network."""
    for rule in value:
        if not is_host_rule(rule):
            message = f"{rule!r} is neither a glob on host names nor a network such as 10.0.0.0/8"
            raise click.BadParameter(message, param=option)
    return value


def exact_ranges(
    _: click.Context, option: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Raise click.BadParameter for what is no narrow range of otherwise denied addresses."""
    for range_ in value:
        try:
            parse_exact_range(range_)
        except ValueError as error:
            raise click.BadParameter(str(error), param=option) from error
    return value


def external_names(
    _: click.Context, option: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Raise click.BadParameter for a glob without a domain: it would allow any name."""
    for rule in value:
        if not is_external_name_rule(rule):
            message = (
                f"{rule!r} is neither a name nor a glob that ends in a dot and a domain, such as "
                "*.models.svc.cluster.local; all names cannot be allowed"
            )
            raise click.BadParameter(message, param=option)
    return value


def namespaces(_: click.Context, option: click.Parameter, value: Names) -> Names:
    """Raise click.BadParameter for an impossible name: the operator would wait for it for ever."""
    names: tuple[str, ...] = (value,) if isinstance(value, str) else value or ()
    for name in names:
        if not is_namespace(name):
            several = "; the environment separates names by spaces" if option.multiple else ""
            message = f"{name!r} is no namespace: {NAMESPACE_FORM}{several}"
            raise click.BadParameter(message, param=option)
    return value


def selector(_: click.Context, option: click.Parameter, value: str) -> str:
    """Raise click.BadParameter for what the API server would refuse at each list."""
    if value and not is_selector(value):
        forms = "KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY or !KEY"
        message = f"{value!r} is no label selector: write {forms}, separated by commas"
        raise click.BadParameter(message, param=option)
    return value


def lease(_: click.Context, option: click.Parameter, value: str) -> str:
    """Raise click.BadParameter for a name that no Lease can have."""
    if not is_namespace(value):
        raise click.BadParameter(f"{value!r} is no name: {NAMESPACE_FORM}", param=option)
    return value


def domain(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Raise click.BadParameter for what is no cluster's domain: no Service would be found."""
    if value and not is_domain(value):
        without = ", without the svc before it" if value.startswith("svc.") else ""
        message = f"{value!r} is no domain: {DOMAIN_FORM}{without}"
        raise click.BadParameter(message, param=option)
    return value or None


_ADDRESS_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--allow-addresses",
        multiple=True,
        metavar="CIDR",
        callback=exact_ranges,
        help="Link-local addresses, and those of 0.0.0.0/8, that are not denied; repeatable.",
    ),
    click.option(
        "--allow-external-names",
        multiple=True,
        metavar="GLOB",
        callback=external_names,
        help="Names that Services of type ExternalName may lead to; repeatable.",
    ),
    click.option(
        "--cluster-domain",
        metavar="DOMAIN",
        callback=domain,
        help="The DNS domain of the cluster; by default the one of svc.DOMAIN in the search list "
        "of /etc/resolv.conf, else cluster.local.",
    ),
)
