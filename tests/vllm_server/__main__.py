"""Run the stand-in as a process: prints its base URL once it answers, ends on SIGTERM."""

import asyncio
import signal
import ssl
from pathlib import Path
from typing import Any, get_args

import click

from tests.vllm_server import Model, Task, VllmServer


class ModelParameter(click.ParamType[Model]):
    """`ID` or `ID:CONTEXT`; an id may itself hold colons (`org/Model-7B:q4`)."""

    name = "ID[:CONTEXT]"

    def convert(
        self, value: str | Model, param: click.Parameter | None, ctx: click.Context | None
    ) -> Model:
        if isinstance(value, Model):
            return value
        identity, _, context = value.rpartition(":")
        return Model(identity, int(context)) if context.isdigit() and identity else Model(value)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free one.")
@click.option("--model", "models", type=ModelParameter(), multiple=True, required=True)
@click.option("--api-key", "keys", multiple=True, envvar="VLLM_API_KEY")
@click.option("--task", type=click.Choice(get_args(Task)), default="generate")
@click.option("--tools/--no-tools", default=False, help="As with --enable-auto-tool-choice.")
@click.option("--vision/--no-vision", default=False)
@click.option("--shuffle/--no-shuffle", default=False, help="List in another order each time.")
@click.option("--tls", type=click.Path(exists=True, path_type=Path), help="Certificate and key.")
def main(tls: Path | None, **settings: Any) -> None:
    """Serve a stand-in for vLLM; POST a card to /test/models to load another model."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
    if context and tls:
        context.load_cert_chain(tls)
    asyncio.run(serve(VllmServer(tls=context, controllable=True, **settings)))


async def serve(server: VllmServer) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with server:
        click.echo(server.base_url)
        await ended.wait()


if __name__ == "__main__":
    main()
