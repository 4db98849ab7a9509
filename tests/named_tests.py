"""The tests that there are, by their modules: what pages and commands may name."""

import ast
from functools import cache
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def names_in(module: Path) -> frozenset[str]:
    """Return the names of a test module's tests, without importing it."""
    nodes = ast.walk(ast.parse(module.read_text()))
    return frozenset(
        node.name for node in nodes if isinstance(node, FUNCTIONS) and node.name.startswith("test_")
    )


def names_below(path: Path) -> frozenset[str]:
    """Return the names of the tests of a module, or of all modules of a folder."""
    modules = path.rglob("test_*.py") if path.is_dir() else [path]
    return frozenset[str]().union(*map(names_in, modules))
