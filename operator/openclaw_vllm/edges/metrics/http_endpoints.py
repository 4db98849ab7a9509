"""The operator's HTTP endpoints: /metrics, /healthz and /readyz, each on its bind address."""

from collections.abc import Awaitable, Callable

from aiohttp import web

OFF = "0"  # controller-runtime's convention
PORTS = range(65536)

Route = Callable[[], tuple[int, bytes]]
Runner = web.AppRunner


def is_address(text: str) -> bool:
    """Return whether the text is `[HOST]:PORT`, or 0 for none."""
    _, colon, port = text.rpartition(":")
    return text == OFF or (bool(colon) and port.isascii() and port.isdigit() and int(port) in PORTS)


async def serve(address: str, routes: dict[str, Route]) -> Runner:
    """Serve GET routes on `[HOST]:PORT`; without a host on all interfaces.

    Each route returns a status code and a plain-text body. Raises OSError when the address cannot
    be listened on.
    """
    app = web.Application()
    for path, route in routes.items():
        app.router.add_get(path, _build_handler(route))
    runner = Runner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    host, _, port = address.rpartition(":")
    await web.TCPSite(runner, host.strip("[]") or None, int(port)).start()
    return runner


def _build_handler(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(_: web.Request) -> web.StreamResponse:
        code, body = route()
        return web.Response(status=code, body=body, content_type="text/plain", charset="utf-8")

    return handle
