"""Removes from this environment what the `kubernetes` package ships and the operator never imports.

The package's typed API, 900 generated modules in two copies, is 72 of its 74 MB; the operator
sends plain requests (`edges/apiserver.py`). The package loads a generated module when its name is
first used, so what importing our program has not loaded can go: using it later would be an
ImportError, and the image's tests run the operator without it.

Run by the Python of the environment, in the build stage of the image, before bytecode is compiled.
"""

import importlib
import pkgutil
import sys
from collections.abc import Collection, Iterable
from importlib.metadata import distribution
from pathlib import Path, PurePath

import openclaw_vllm

PRUNED = "kubernetes"
GENERATED = {"api", "apis", "models"}  # folders of kubernetes/client and kubernetes/aio/client
TESTS = "_test.py"


def main() -> None:
    """Delete the files, take them out of the package's RECORD, and say how much that was."""
    for module in pkgutil.walk_packages(openclaw_vllm.__path__, "openclaw_vllm."):
        importlib.import_module(module.name)
    package = distribution(PRUNED)
    root, files = Path(str(package.locate_file(""))), package.files or []
    pruned = superfluous(files, sys.modules)
    size = sum((root / file).stat().st_size for file in pruned)
    for file in pruned:
        (root / file).unlink()
    record = next(root / file for file in files if file.name == "RECORD")
    record.write_text(without(record.read_text(), pruned))
    sys.stdout.write(f"{PRUNED} {package.version}: {len(pruned)} files, {size / 1e6:.1f} MB gone\n")


def superfluous(files: Iterable[PurePath], loaded: Collection[str]) -> list[PurePath]:
    """Return the tests, and the generated modules that are not among those loaded."""
    return [
        file
        for file in files
        if file.name.endswith(TESTS)
        or (
            file.suffix == ".py"
            and file.parent.parent.name == "client"
            and file.parent.name in GENERATED
            and file.name != "__init__.py"
            and ".".join(file.with_suffix("").parts) not in loaded
        )
    ]


def without(record: str, files: Iterable[PurePath]) -> str:
    """Return a RECORD that lists what is left, for the tools that check an environment by it."""
    gone = {str(file) for file in files}
    return "".join(
        line for line in record.splitlines(keepends=True) if line.split(",")[0] not in gone
    )


if __name__ == "__main__":
    main()
