"""What a release is made of, without the programs that build packages and images."""

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from hack.release import ReleaseError, artefacts, chart, image, oci, repository
from hack.release.image import ImageBuild
from hack.release.publish import Publication, predicate
from tests import rbac

DIGEST = f"sha256:{'0' * 64}"
OF_DIGEST = f"python:3.13-slim@{DIGEST}"
SECONDS = 1_700_000_000
HOST = image.MACHINES[os.uname().machine]


def image_build(base: str = OF_DIGEST, *architectures: str) -> ImageBuild:
    return ImageBuild(base, OF_DIGEST, architectures or (HOST,), "unknown")


def test_the_chart_is_packed_into_the_same_bytes_wherever_and_whenever(tmp_path: Path) -> None:
    copy = tmp_path / rbac.CHART.name
    shutil.copytree(rbac.CHART, copy)
    os.utime(copy / "Chart.yaml", (1, 1))
    (copy / "values.yaml").chmod(0o600)
    assert chart.pack(copy, SECONDS) == chart.pack(rbac.CHART, SECONDS)
    assert chart.pack(copy, SECONDS) != chart.pack(copy, SECONDS + 1)


def test_the_archive_of_the_chart_holds_every_blob_under_its_digest(tmp_path: Path) -> None:
    packed = chart.pack(rbac.CHART, SECONDS)
    archive = tmp_path / "chart.oci.tar"
    chart.write_archive(archive, rbac.CHART, packed, SECONDS)
    with tarfile.open(archive) as tar:
        # type: ignore, since extractfile returns None for folders alone, and there is none here
        files = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]
    (entry,) = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(files[f"blobs/{entry['digest'].replace(':', '/')}"])
    for descriptor in (entry, manifest["config"], *manifest["layers"]):
        content = files[f"blobs/{descriptor['digest'].replace(':', '/')}"]
        assert oci.Blob("", content).digest == descriptor["digest"]
        assert len(content) == descriptor["size"]
    assert files[f"blobs/{manifest['layers'][0]['digest'].replace(':', '/')}"] == packed


def test_the_sums_are_those_that_sha256sum_checks(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("b")
    (tmp_path / "a").write_text("a")
    assert [path.name for path in artefacts.write_sums(tmp_path)] == ["a", "b"]
    command = [shutil.which("sha256sum") or "", "--check", artefacts.SUMS]
    checked = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert checked.stdout == b"a: OK\nb: OK\n"


@pytest.mark.parametrize(
    ("build", "complaint"),
    [
        (image_build(""), "base is not said: name it by its digest"),
        (image_build("python:3.13-slim"), "base is python:3.13-slim: name it by its digest"),
        (image_build(OF_DIGEST, "riscv64"), "No such architecture: riscv64"),
        (image_build(OF_DIGEST, HOST), None),
    ],
)
def test_an_image_that_cannot_be_built_is_refused_before_anything_is_made(
    build: ImageBuild, complaint: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "buildah").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    if complaint is None:
        build.check()
        return
    with pytest.raises(ReleaseError, match=complaint):
        build.check()


def test_a_machine_without_buildah_or_an_emulator_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReleaseError, match=r"needs Buildah\. Without the image: PARTS='packages"):
        image_build().check()
    (tmp_path / "buildah").touch(mode=0o755)
    monkeypatch.setattr(image, "EMULATORS", tmp_path)
    other = next(each for each in image.QEMU if each != HOST)
    with pytest.raises(ReleaseError, match=f"cannot run {other}: .*ARCHITECTURES={other}"):
        image_build(OF_DIGEST, other).check()
    (tmp_path / image.QEMU[other]).touch()
    image_build(OF_DIGEST, other).check()


def test_a_release_is_made_of_a_commit_only(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        program = shutil.which("git") or ""
        subprocess.run([program, *identity, "-C", str(tmp_path), *arguments], check=True)

    git("init", "--quiet")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "--quiet", "--message=One")
    commit = repository.head(tmp_path)
    (tmp_path / "other").write_text("two")
    with pytest.raises(ReleaseError, match=r"Commit these first(.|\n)*other"):
        repository.head(tmp_path)
    repository.export(tmp_path, commit, tmp_path / "exported")
    assert [path.name for path in (tmp_path / "exported").iterdir()] == ["file"]


def test_what_is_published_is_what_was_built_and_is_signed_afterwards(tmp_path: Path) -> None:
    for architecture in image.QEMU:
        (tmp_path / f"openclaw-vllm-operator-1.2.3.{architecture}.oci.tar").touch()
    publication = Publication(tmp_path, "1.2.3", "registry.example.com/team")
    commands = [" ".join(command) for command in publication.commands()]
    reference = "registry.example.com/team/openclaw-vllm-operator:1.2.3"
    assert [command.split()[0] for command in commands] == [
        *("buildah",) * 4,
        "skopeo",
        *("cosign",) * 4,
    ]
    assert commands[3].endswith(f"{reference} docker://{reference}")
    assert "oci-archive:openclaw-vllm-operator-chart-1.2.3.oci.tar" in commands[4]
    assert f"cosign sign --yes --recursive {reference}" in commands


def test_publishing_without_a_program_or_a_registry_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.Commit("0" * 40, SECONDS)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReleaseError, match="needs skopeo, buildah, cosign"):
        Publication(tmp_path, "1.2.3", "").run(commit)
    for program in ("skopeo", "buildah", "cosign"):
        (tmp_path / program).touch(mode=0o755)
    with pytest.raises(ReleaseError, match="IMAGE_REGISTRY="):
        Publication(tmp_path, "1.2.3", "").run(commit)


def test_the_provenance_names_the_commit_and_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://git.example.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "team/operator")
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    document = json.dumps(predicate(repository.Commit("0" * 40, SECONDS), "1.2.3"))
    assert "git+https://git.example.com/team/operator" in document
    assert "0" * 40 in document
    assert "https://git.example.com/team/operator/actions/runs/7" in document
