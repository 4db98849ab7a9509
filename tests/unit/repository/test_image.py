"""What the Dockerfile promises can be read off it without an engine that builds it."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path, PurePath

import pytest
from packaging.utils import canonicalize_name

from image import prune

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LAST_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def test_the_last_stage_takes_nothing_from_the_tree_and_runs_nothing() -> None:
    copies = re.findall(r"^(?:COPY|ADD) (.*)$", LAST_STAGE, re.MULTILINE)
    assert [copy.split()[0] for copy in copies] == ["--from=build"]
    assert "\nRUN " not in LAST_STAGE


def test_everything_is_installed_by_hash_or_without_an_index() -> None:
    commands = DOCKERFILE.replace("\\\n", " ").splitlines()
    installs = [line for line in commands if '"install"' in line or '"build", "--' in line]
    assert len(installs) == 4
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install


def test_it_runs_as_a_numeric_user_without_a_shell() -> None:
    assert "\nUSER 65532:65532\n" in LAST_STAGE
    assert '\nENTRYPOINT ["openclaw-vllm"]\nCMD ["run"]\n' in LAST_STAGE
    assert "\nSTOPSIGNAL SIGTERM\n" in LAST_STAGE


def test_its_label_has_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"\nARG VERSION={project['version']}\n" in LAST_STAGE


def test_only_what_the_image_is_made_of_is_sent_to_the_build() -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copies = re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source.split("/")[0] for copy in copies for source in copy.split()}
    assert "*" in rules
    assert sources == allowed


def test_no_step_of_the_build_needs_a_shell() -> None:
    steps = re.findall(r"^(?:RUN|CMD|ENTRYPOINT) (.*)$", DOCKERFILE, re.MULTILINE)
    assert len(steps) > 10
    assert [step for step in steps if not step.startswith('["')] == []


LOADED = {"kubernetes.client.models.v1_object_meta", "kubernetes.aio.client.rest"}


@pytest.mark.parametrize(
    "file",
    [
        "kubernetes/client/models/v1_pod.py",
        "kubernetes/client/api/core_v1_api.py",
        "kubernetes/aio/client/models/v1_object_meta.py",
        "kubernetes/aio/client/api/core_v1_api.py",
        "kubernetes/aio/config/openid_test.py",
    ],
)
def test_a_typed_module_that_nothing_loaded_is_pruned_and_so_is_a_test(file: str) -> None:
    assert prune.superfluous([PurePath(file)], LOADED) == [PurePath(file)]


@pytest.mark.parametrize(
    "file",
    [
        "kubernetes/client/models/v1_object_meta.py",
        "kubernetes/client/models/__init__.py",
        "kubernetes/client/models/py.typed",
        "kubernetes/aio/client/rest.py",
        "kubernetes/aio/client/exceptions.py",
        "kubernetes/aio/config/openid.py",
        "kubernetes-37.0.2.dist-info/licenses/LICENSE",
    ],
)
def test_what_was_loaded_or_is_not_generated_stays(file: str) -> None:
    assert prune.superfluous([PurePath(file)], LOADED) == []


def test_a_record_lists_what_is_left() -> None:
    record = "a/b.py,sha256=x,1\na/c.py,sha256=y,2\na-1.dist-info/RECORD,,\n"
    remaining = prune.without(record, [PurePath("a/c.py")])
    assert remaining == "a/b.py,sha256=x,1\na-1.dist-info/RECORD,,\n"


def test_no_file_of_the_image_names_an_architecture() -> None:
    texts = [DOCKERFILE, *(path.read_text() for path in (ROOT / "image").glob("*.py"))]
    assert re.findall(r"(?i)amd64|x86|arm64|aarch64|--platform|TARGET\w+", "".join(texts)) == []


def test_the_page_of_clusters_lists_the_packages_that_are_compiled() -> None:
    lock = (ROOT / "requirements" / "runtime.txt").read_text()
    compiled = {
        canonicalize_name(package.name)
        for package in distributions()
        if "Root-Is-Purelib: false" in (package.read_text("WHEEL") or "")
    }
    names = [
        name for name in re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE) if name in compiled
    ]
    page = " ".join((ROOT / "docs" / "clusters.md").read_text().split())
    assert f"compiled ones: {', '.join(names)}." in page
