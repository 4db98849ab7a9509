"""The image that the Dockerfile makes: what is in it, what is not, and the operator running in it.

Its root file system is read-only here, its shells are gone, and its user is the one it names.
"""

import gzip
import io
import json
import re
import stat
import tarfile
import tomllib
from dataclasses import replace
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.apiserver.servers import BOTH, Servers, ServerThread
from tests.apiserver.workspace import workspace
from tests.controlplane.plane import ControlPlane
from tests.e2e.story import Story
from tests.image.build import BASE, ROOT
from tests.image.conftest import ARGUMENTS
from tests.image.contained import PROGRAM, ContainedOperator, Image
from tests.operator_process import USER, grant
from tests.rights import assert_within_rights

MEGABYTE = 1_000_000
AT_MOST = 120 * MEGABYTE
ENDS_WITHIN = 10.0  # seconds, as the operator promises
BUILD_TOOLS = ("pip", "uv", "setuptools", "wheel", "hatchling", "cyclonedx_bom", "pip_licenses")
COMPILERS = ("gcc", "cc", "make", "pip", "pip3", "uv", "git")
UNCHECKED_HASH = 1  # PEP 552: bytecode that is used whatever the time of its source
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def files(root: Path) -> set[Path]:
    """Return all that is not a folder, relative to the root."""
    return {path.relative_to(root) for path in root.rglob("*") if not path.is_dir()}


def compressed(folder: Path) -> int:
    """Return the size of a folder as a layer that is pulled."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(folder)
    return len(gzip.compress(packed.getvalue()))


def pinned(image: Image) -> set[tuple[str, str]]:
    """Return name and version of what requirements/runtime.txt has for the image's Python."""
    python = re.search(
        r"^version = (\S+)", (image.program / "pyvenv.cfg").read_text(), re.MULTILINE
    )
    assert python is not None
    environment = {"python_full_version": python[1], "python_version": python[1].rpartition(".")[0]}
    lines = (ROOT / "requirements" / "runtime.txt").read_text().splitlines()
    requirements = [
        Requirement(line.removesuffix("\\")) for line in lines if line[:1] not in ("", " ", "#")
    ]
    return {
        (canonicalize_name(item.name), str(item.specifier).removeprefix("=="))
        for item in requirements
        if item.marker is None or item.marker.evaluate(environment)
    }


def test_it_adds_at_most_120_mb_to_its_base(image: Image, pytestconfig: pytest.Config) -> None:
    added = [path for path in image.program.rglob("*") if not path.is_symlink()]
    size = sum(path.stat().st_size for path in added if path.is_file())
    pulled = compressed(image.program)
    line = (
        f"The image adds {size / MEGABYTE:.1f} MB to its base, {pulled / MEGABYTE:.1f} MB pulled."
    )
    Story(pytestconfig).tell(line)
    assert size < AT_MOST


def test_it_adds_the_program_and_changes_nothing_of_its_base(image: Image, base: Path) -> None:
    before, after = files(base), files(image.root)
    assert before - after == set()
    assert {path for path in after - before if not path.is_relative_to(PROGRAM)} == set()
    assert {
        path
        for path in before
        if (base / path).is_file() and not (base / path).is_symlink()
        if (base / path).read_bytes() != (image.root / path).read_bytes()
    } == set()


def test_nothing_that_builds_is_left_in_it(image: Image) -> None:
    installed = {path.name.split("-")[0] for path in image.program.rglob("*.dist-info")}
    assert installed.isdisjoint(BUILD_TOOLS)
    folders = [image.root / name for name in ("bin", "usr/bin", "usr/local/bin", PROGRAM / "bin")]
    assert [tool for tool in COMPILERS for folder in folders if (folder / tool).exists()] == []


def test_its_user_can_change_nothing_of_the_program(image: Image) -> None:
    for path in image.program.rglob("*"):
        status = path.lstat()
        assert (status.st_uid, status.st_gid) == (0, 0), path
        assert path.is_symlink() or not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH), path
        assert not status.st_mode & (stat.S_ISUID | stat.S_ISGID), path


def test_every_module_was_compiled_once_and_for_all(image: Image) -> None:
    for module in image.program.rglob("*.py"):
        if module.is_relative_to(image.program / "lib"):
            bytecode = Path(cache_from_source(str(module))).read_bytes()
            assert int.from_bytes(bytecode[4:8], "little") == UNCHECKED_HASH, module


def test_a_runtime_learns_from_it_all_that_it_needs(image: Image) -> None:
    config = image.config
    assert (config["User"], config["WorkingDir"]) == ("65532:65532", "/")
    assert (config["Entrypoint"], config["Cmd"]) == (["openclaw-vllm"], ["run"])
    assert config["StopSignal"] == "SIGTERM"
    assert {port.removesuffix("/tcp") for port in config["ExposedPorts"]} == {"8080", "8081"}


def test_its_labels_say_where_it_comes_from(image: Image) -> None:
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in image.config["Labels"].items()
        if name.startswith("org.opencontainers.image.")
    }
    assert labels == {
        "title": PROJECT["name"],
        "description": PROJECT["description"],
        "licenses": PROJECT["license"],
        "version": PROJECT["version"],
        "revision": ARGUMENTS["REVISION"],
        "source": ARGUMENTS["SOURCE"],
        "url": ARGUMENTS["SOURCE"],
        "documentation": ARGUMENTS["DOCUMENTATION"],
        "base.name": BASE,
    }


def test_its_bill_of_materials_lists_what_is_pinned_and_nothing_else(image: Image) -> None:
    bill = json.loads((image.program / "sbom.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    subject = bill["metadata"]["component"]
    assert (subject["name"], subject["version"]) == (PROJECT["name"], PROJECT["version"])
    listed = {(canonicalize_name(part["name"]), part["version"]) for part in bill["components"]}
    assert listed == pinned(image)
    assert [part["name"] for part in bill["components"] if not part.get("licenses")] == []


def test_its_list_of_licences_has_one_for_each_package(image: Image) -> None:
    rows = (image.program / "licenses.md").read_text().splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    licensed = {(canonicalize_name(cell[0]), cell[1]) for cell in cells if cell[2] != "UNKNOWN"}
    assert licensed == pinned(image) | {(PROJECT["name"], PROJECT["version"])}


def test_it_says_its_version(image: Image, tmp_path: Path) -> None:
    assert image.run(tmp_path, "--version") == f"openclaw-vllm, version {PROJECT['version']}\n"


@pytest.mark.parametrize("user", ["65532:65532", "1000680000:0"], ids=["its own", "of OpenShift"])
def test_the_operator_in_it_publishes_and_ends_on_sigterm_as_any_user(
    image: Image, control_plane: ControlPlane, tmp_path: Path, user: str
) -> None:
    contained = replace(image, config={**image.config, "User": user})
    operator = ContainedOperator(contained, grant(control_plane), tmp_path)
    mark = control_plane.audit.mark()
    try:
        operator.start()
        with (
            ServerThread() as thread,
            Servers(thread) as servers,
            workspace(control_plane, f"published-by-{user.partition(':')[0]}") as space,
        ):
            provider = space.provider(servers.start())
            provider.is_ready()
            provider.publishes(*(model.id for model in BOTH))
        assert operator.stop(ENDS_WITHIN) == 0
        assert_within_rights(operator, control_plane.audit.since(mark).by(USER))
    finally:
        operator.kill()
