"""The command line: `openclaw-vllm` and its commands, each imported when it is called.

Importing the operator takes seconds, with kopf and two HTTP stacks; the commands that a pipeline
calls for every commit do without them.
"""

import gc
from importlib import import_module
from types import ModuleType

import click

COMMANDS = {
    "run": "Run the operator until SIGTERM or SIGINT.",
    "render": "Print what the cluster would publish for VllmProviders of files.",
    "diff": "Compare what would be published with what is.",
    "verify": "Judge VllmProviders of files: schema, server, key.",
}


class _LazyGroup(click.Group):
    """Lists commands by name, and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(_import(cmd_name), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _import(name: str) -> ModuleType:
    """Import a command, and have no garbage collection look at what was imported, now or later.

    It stays for as long as the process lives; each full collection that scanned it would stop an
    operator for 50 ms (measured).
    """
    gc.disable()
    try:
        return import_module(f"openclaw_vllm.commands.{name}")
    finally:
        gc.freeze()
        gc.enable()


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="openclaw-vllm-operator")
def main() -> None:
    """Keep OpenClaw's list of vLLM models right on Kubernetes."""
