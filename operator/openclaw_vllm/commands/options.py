"""Options that the commands for pipelines share, and their values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from openclaw_vllm.commands.parameters import (
    Command,
    address_options,
    host_rules,
    namespaces,
    with_options,
)
from openclaw_vllm.settings import NetworkSettings

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=str)
FAILED = 1


@dataclass(frozen=True, kw_only=True)
class CommandOptions(NetworkSettings):
    """The values of the shared options."""

    files: tuple[str, ...]
    namespace: str
    name: str | None
    snapshot: str | None
    live: bool
    base_config: str | None
    ca_file: str | None
    api_key_env: str | None
    key_hosts: tuple[str, ...]


def shared_options(command: Command) -> Command:
    """Add the options that CommandOptions holds, in their order."""
    return with_options(command, _SHARED_OPTIONS)


def output(*forms: str) -> Callable[[Command], Command]:
    """Add -o; the first form is the default."""
    return click.option(
        "-o",
        "--output",
        "form",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        help="The form of what is printed.",
    )


def read_bytes(path: str) -> bytes:
    """Read a file, or standard input for -; raises click.ClickException."""
    try:
        with click.open_file(path, "rb") as file:
            content: bytes = file.read()
    except OSError as error:
        raise click.FileError(path, error.strerror or "it cannot be read") from error
    return content


def read_text(path: str) -> str:
    """Read a file of UTF-8."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise click.FileError(path, "it is not UTF-8") from error


_SHARED_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "-f",
        "--filename",
        "files",
        multiple=True,
        type=FILE,
        help="Manifests: VllmProviders, and the Services and ConfigMaps that they name; "
        "- is standard input; repeatable.",
    ),
    click.option(
        "-n",
        "--namespace",
        metavar="NS",
        default="default",
        show_default=True,
        callback=namespaces,
        help="The namespace of objects that name none.",
    ),
    click.option("--name", help="Only the VllmProvider of this name."),
    click.option("--snapshot", type=FILE, help="A saved answer to GET /v1/models; - is stdin."),
    click.option("--live", is_flag=True, help="Ask the server itself."),
    click.option("--base-config", type=FILE, help="The text that output.baseConfigRef names."),
    click.option("--ca-file", type=FILE, help="The PEM text that tls.caBundleRef names."),
    click.option(
        "--api-key-env",
        metavar="NAME",
        help="The environment variable that holds the API key; spec.auth.apiKeyEnv by default.",
    ),
    click.option(
        "--key-hosts",
        multiple=True,
        metavar="GLOB",
        help="Hosts that keys may be sent to, as the Secret's annotation allowed-hosts; "
        "repeatable.",
    ),
    click.option(
        "--allow-hosts",
        multiple=True,
        default=("*",),
        metavar="GLOB_OR_CIDR",
        callback=host_rules,
        help="Destinations that may be asked; repeatable.",
    ),
    click.option("--allow-loopback", is_flag=True, help="Allow loopback destinations."),
    click.option(
        "--allow-insecure-keys",
        is_flag=True,
        help="Let a key go to an unverified server, or over plain HTTP outside the cluster.",
    ),
    address_options,
)
