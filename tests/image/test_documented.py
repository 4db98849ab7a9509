"""The ways to an image and to the command line that docs/ print, followed as they are printed."""

import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from hack.release import version
from tests.apiserver.documented import DOCS, commands
from tests.command_docs import blocks
from tests.image import build, store
from tests.image.build import BASE, ROOT
from tests.image.contained import Image

pytestmark = pytest.mark.timeout(900)

NAME = f"openclaw-vllm-operator:{version.current(ROOT)}"


def follow(script: str, folder: Path, **environment: str) -> str:
    """Run a command in a folder; it fails with the first line that does."""
    env = {**os.environ, **environment}
    shell = ["/bin/sh", "-euc", script]
    return subprocess.run(
        shell, cwd=folder, env=env, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def on_the_page_of_images(start: str) -> str:
    (command,) = [each for each in commands(DOCS / "image.md") if each.startswith(start)]
    return command


def test_the_command_for_docker_builds_the_image(image: Image, tmp_path: Path) -> None:
    """With Buildah for Docker, and our base for the one that a registry has."""
    command = on_the_page_of_images("docker build")
    base = next(word for word in command.split() if word.startswith("BASE=")).removeprefix("BASE=")
    local = [f"--build-arg=BUILD_BASE={build.BUILD_BASE}", *build.network()]
    buildah = shlex.join([*store.program(), "bud", "--pull-never", *local])
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\nshift # build\nexec {buildah} "$@"\n')
    docker.chmod(0o755)
    follow(command.replace(base, BASE), ROOT, PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    labels = store.config(f"localhost/{NAME}")["Labels"]
    assert re.fullmatch("[0-9a-f]{40}", labels["org.opencontainers.image.revision"])
    assert labels["org.opencontainers.image.source"] == "https://git.example.com/you/fork"
    assert labels["org.opencontainers.image.base.name"] == BASE


def test_the_commands_for_debian_write_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    follow(on_the_page_of_images("apt-get").replace(archive.name, str(archive)), ROOT)
    with tarfile.open(archive) as tar:
        listed = tar.extractfile("manifest.json")
        assert listed is not None
        (image,) = json.load(listed)
    assert f"docker.io/library/{NAME}" in image["RepoTags"]  # as Docker spells it out


def test_a_checkout_is_installed_by_pip_as_the_page_says(tmp_path: Path) -> None:
    (install,) = blocks("sh install")
    (tmp_path / "openclaw-vllm-operator").symlink_to(ROOT)
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    path = f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"
    follow(install, tmp_path, PATH=path)
    provider = next(block for block in blocks("yaml") if block.startswith("# provider.yaml"))
    (tmp_path / "provider.yaml").write_text(provider)
    verify = blocks("sh")[0].splitlines()[0]
    output = follow(f"{verify} 2>&1", tmp_path, PATH=path)
    assert output == "ok      provider.yaml: agents/vllm\n"  # and no note that CEL is missing
