"""Runs a health script as Argo CD does: Lua 5.1 with its base, table and os libraries alone.

The sandbox is that of argo-cd's util/lua/lua.go: a script that needs `string` or `math` works in
a Lua shell and fails there.
"""

from functools import cache
from pathlib import Path

from lupa.lua51 import LuaRuntime

from tests.builders import Wire

SCRIPT = Path(__file__).parents[2] / "gitops" / "argocd" / "health.lua"
CLOSED = """
debug.setmetatable("", nil)
string, math, io, debug, coroutine, python = nil, nil, nil, nil, nil, nil
"""


def health(manifest: Wire, script: str = "") -> tuple[str, str]:
    """Return what Argo CD shows of an object: a status and a message."""
    lua = LuaRuntime(register_eval=False, register_builtins=False)
    lua.execute(CLOSED)
    lua.globals().obj = lua.table_from(manifest, recursive=True)
    answer = lua.execute(script or _script())
    return answer["status"], answer["message"]


@cache
def _script() -> str:
    return SCRIPT.read_text()
