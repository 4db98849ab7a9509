"""Kubeconfig files: what is read of them, and what is said of one that cannot be read."""

import json
from pathlib import Path
from typing import Any

import pytest

from openclaw_vllm.edges.kube.login.errors import NoCluster
from openclaw_vllm.edges.kube.login.kubeconfig import Kubeconfig, Located, read_kubeconfig
from openclaw_vllm.edges.kube.login.users import impersonation_of


def config(name: str, **fields: Any) -> dict[str, Any]:
    """Return a kubeconfig with one cluster, user and context of this name."""
    return {
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.test"}}],
        "users": [{"name": name, "user": {"token": name}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        **fields,
    }


def read(folder: Path, *configs: object) -> Kubeconfig:
    paths = [folder / f"config-{number}" for number in range(len(configs))]
    for path, one in zip(paths, configs, strict=True):
        path.write_text(one if isinstance(one, str) else json.dumps(one))
    kubeconfig = read_kubeconfig([folder / "missing", *paths])
    assert kubeconfig is not None
    return kubeconfig


def test_the_first_file_with_something_counts(tmp_path: Path) -> None:
    shadowed = config("a", users=[{"name": "a", "user": {"token": "shadowed"}}])
    current = {"current-context": "b"}
    kubeconfig = read(tmp_path, "", config("a"), config("b") | current, shadowed)
    cluster, user = kubeconfig.context()
    assert (cluster.text("server"), user.text("token")) == ("https://b.test", "b")
    assert kubeconfig.context("a")[1].text("token") == "a"


def test_a_context_without_a_user_asks_anonymously(tmp_path: Path) -> None:
    contexts = [{"name": "a", "context": {"cluster": "a"}}]
    kubeconfig = read(tmp_path, config("a", contexts=contexts))
    assert kubeconfig.context("a")[1].entry == {}


def test_no_file_is_no_kubeconfig(tmp_path: Path) -> None:
    assert read_kubeconfig([tmp_path / "missing"]) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(config("a"), "has no current-context: kubectl config", id="no context chosen"),
        pytest.param(config("a") | {"current-context": "b"}, "has no context 'b'", id="no context"),
        pytest.param(
            config("a", clusters=[]) | {"current-context": "a"}, "has no cluster 'a'", id="cluster"
        ),
        pytest.param(
            config("a", users=None) | {"current-context": "a"}, "has no user 'a'", id="user"
        ),
        pytest.param("a: b: c", "cannot be read: mapping values", id="no YAML"),
        pytest.param("[]", "holds no object", id="a list"),
        pytest.param({"users": ["a"]}, "users holds is no list of named objects", id="a word"),
        pytest.param({"users": [{"user": "a"}]}, "no list of named objects", id="no object"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(text: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(NoCluster) as caught:
        read(tmp_path, text).context()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"ca-data": "cGVt"}, b"pem"),
        ({"ca": "ca.crt"}, b"file"),
        ({"ca": "ca.crt", "ca-data": "cGVt"}, b"pem"),
        ({"ca": "ca.crt", "ca-data": ""}, b"file"),
        ({}, b""),
    ],
)
def test_data_goes_before_the_file_beside_the_kubeconfig(
    entry: dict[str, str], expected: bytes, tmp_path: Path
) -> None:
    (tmp_path / "ca.crt").write_bytes(b"file")
    assert Located(entry, tmp_path).pem("ca") == expected


@pytest.mark.parametrize("entry", [{"ca": "nowhere"}, {"ca-data": "no base64"}])
def test_data_that_cannot_be_read_is_named(entry: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(NoCluster, match="ca of the kubeconfig: "):
        Located(entry, tmp_path).pem("ca")


def test_the_headers_of_impersonation() -> None:
    user = {
        "as": "frank",
        "as-uid": "1",
        "as-groups": ["a", "b"],
        "as-user-extra": {"scopes": ["view", "edit"], "a.test/b": ["c"]},
    }
    assert list(impersonation_of(Located(user, Path()))) == [
        ("Impersonate-User", "frank"),
        ("Impersonate-Uid", "1"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-scopes", "view"),
        ("Impersonate-Extra-scopes", "edit"),
        ("Impersonate-Extra-a.test%2Fb", "c"),
    ]
    assert list(impersonation_of(Located({}, Path()))) == []
