"""A release of this tree, made in a clone: twice the same bytes, and a chart that Helm pulls."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests import rbac
from tests.apiserver.chart import helm
from tests.apiserver.documented import ROOT, commands

pytestmark = pytest.mark.timeout(300)

PAGE = ROOT / "RELEASE.md"
WANTED = "7.6.5"
LEFT_OUT = (".git", ".venv", ".cache", "dist", "__pycache__", ".*_cache", ".hypothesis")
IDENTITY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com"}
IDENTITY |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com"}
UNRELEASED = "## [Unreleased]\n\n### Added\n- A change, so that there is a release.\n"
AFTER_A_MOVE = ("test_earlier_releases", "test_release_version", "test_chart", "test_image")


def run(folder: Path, *command: str | Path, **environment: str) -> str:
    """Run a command in a folder, and return what it prints; it has to succeed."""
    env = {**os.environ, **IDENTITY, **environment}
    process = subprocess.run(
        [str(shutil.which(command[0]) or command[0]), *map(str, command[1:])],
        cwd=folder,
        env=env,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.returncode == 0, process.stdout
    return process.stdout


def release(folder: Path, target: str = "artefacts") -> str:
    """Run a target as RELEASE.md has it, with the programs that are installed here."""
    (command,) = [each for each in commands(PAGE) if each.startswith("make release")]
    script = command.strip().replace("release", target, 1).replace("0.2.0", WANTED)
    here = f"READY= BIN={Path(sys.executable).parent}"
    return run(folder, "sh", "-c", f"{script} {here}")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Commit a copy of this tree, and make a release of it as the page says."""
    folder = tmp_path_factory.mktemp("clone") / "operator"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    changelog = folder / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## [Unreleased]\n", UNRELEASED, 1))
    run(folder, "git", "init", "--quiet")
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--message=Before")
    release(folder, "release")
    return folder


@pytest.fixture(scope="module")
def artefacts(clone: Path) -> Path:
    """Return the folder with what the release consists of."""
    return clone / "dist" / WANTED


def test_a_move_commits_a_tree_that_passes_its_own_tests(clone: Path) -> None:
    assert run(clone, "git", "log", "-1", "--format=%s") == f"Release {WANTED}\n"
    modules = [f"tests/unit/repository/{name}.py" for name in AFTER_A_MOVE]
    run(clone, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *modules)
    run(clone, sys.executable, "-m", "hack.kustomize", "--check")


def test_a_move_that_was_made_is_not_made_again(clone: Path) -> None:
    before = run(clone, "git", "rev-parse", "HEAD")
    run(clone, sys.executable, "-m", "hack.release", "move", WANTED)
    assert run(clone, "git", "rev-parse", "HEAD") == before


def test_the_same_commit_gives_the_same_bytes_elsewhere(
    clone: Path, artefacts: Path, tmp_path: Path
) -> None:
    run(tmp_path, "git", "clone", "--quiet", clone, "elsewhere")
    release(tmp_path / "elsewhere")
    again = tmp_path / "elsewhere" / "dist" / WANTED
    names = {path.name for path in artefacts.iterdir()}
    assert names == {path.name for path in again.iterdir()}
    differing = [
        name for name in names if (artefacts / name).read_bytes() != (again / name).read_bytes()
    ]
    assert differing == []


def test_the_sums_are_checked_as_the_page_says(artefacts: Path) -> None:
    """What Cosign checks is made by the workflow, and cannot be had here."""
    check = next(each for each in commands(PAGE) if "cosign" in each).splitlines()[0]
    assert "FAILED" not in run(artefacts, "sh", "-c", check)
    assert {line.split()[1] for line in (artefacts / "SHA256SUMS").read_text().splitlines()} == {
        path.name for path in artefacts.iterdir() if path.name != "SHA256SUMS"
    }


def test_the_packages_have_the_version_and_everything_of_the_commit(artefacts: Path) -> None:
    (wheel,) = artefacts.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert f"openclaw_vllm_operator-{WANTED}.dist-info/METADATA" in names
    assert {name.split("/")[0] for name in names} == {
        "openclaw_vllm",
        f"openclaw_vllm_operator-{WANTED}.dist-info",
    }
    bill = json.loads((artefacts / "sbom.cdx.json").read_text())
    components = {each["name"] for each in bill["components"]}
    assert {"kopf", "httpx", "pydantic"} <= components
    assert "| kopf " in (artefacts / "licenses.md").read_text()
    assert "A change, so that there is a release." in (artefacts / "NOTES.md").read_text()


class Registry(BaseHTTPRequestHandler):
    """Serves one OCI archive, as a registry does to somebody who pulls."""

    archive: Path

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def _answer(self, *, with_body: bool) -> None:
        with tarfile.open(self.archive) as tar:
            files = {each.name: tar.extractfile(each) for each in tar}
            # the other file is for mypy alone: this entry is no folder
            (entry,) = json.load(files["index.json"] or open(os.devnull))["manifests"]  # noqa: SIM115
            reference = self.path.rpartition("/")[2]
            digest = entry["digest"] if "/manifests/" in self.path else reference
            blob = files[f"blobs/{digest.replace(':', '/')}"]
            content = blob.read() if blob else b""
        self.send_response(200)
        self.send_header("Content-Type", entry["mediaType"])
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        if with_body:
            self.wfile.write(content)


@pytest.fixture
def registry(artefacts: Path) -> Iterator[str]:
    (archive,) = artefacts.glob("*-chart-*.oci.tar")
    handler = type("Handler", (Registry,), {"archive": archive})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_helm_pulls_the_chart_from_a_registry_that_has_the_archive(
    registry: str, artefacts: Path, clone: Path, tmp_path: Path
) -> None:
    reference = f"oci://{registry}/charts/{rbac.CHART.name}"
    helm("pull", reference, "--version", WANTED, "--plain-http", "--destination", str(tmp_path))
    (pulled,) = tmp_path.glob("*.tgz")
    (packed,) = artefacts.glob("*-chart-*.tgz")
    assert pulled.read_bytes() == packed.read_bytes()
    assert yaml.safe_load(helm("show", "chart", str(pulled)))["appVersion"] == WANTED

    helm("package", str(clone / "charts" / rbac.CHART.name), "--destination", str(tmp_path))
    (by_helm,) = tmp_path.glob(f"{rbac.CHART.name}-{WANTED}.tgz")
    with tarfile.open(by_helm) as helm_archive, tarfile.open(packed) as own_archive:
        assert {each.name for each in own_archive} == {each.name for each in helm_archive}
    assert helm("template", "x", str(packed)) == helm("template", "x", str(by_helm))
