"""What options of the operator mean, and what is taken from the system without them."""

from pathlib import Path

import pytest

from openclaw_vllm import settings
from openclaw_vllm.settings import Settings

VERSIONS = [(1, 30), (1, 33), (1, 34), (1, 37), (2, 0)]
IN_A_POD = "search agents.svc.k8s.home.lan svc.k8s.home.lan k8s.home.lan\n"


@pytest.mark.parametrize(
    ("watch_list", "versions"), [("auto", VERSIONS[2:]), ("on", VERSIONS), ("off", [])]
)
def test_objects_are_listed_by_watching_where_that_works_or_is_chosen(
    watch_list: str, versions: list[tuple[int, int]]
) -> None:
    chosen = Settings(watch_list=watch_list)
    assert [version for version in VERSIONS if chosen.lists_by_watching(version)] == versions


def test_what_was_chosen_is_not_changed_by_what_happens() -> None:
    assert Settings(watch_list="auto").falls_back
    assert not Settings(watch_list="on").falls_back


@pytest.mark.parametrize(
    ("option", "resolv_conf", "domain"),
    [
        pytest.param(None, IN_A_POD, "k8s.home.lan", id="the search list"),
        pytest.param("cluster.local", IN_A_POD, "cluster.local", id="the option wins"),
        pytest.param(None, "search home.lan\n", "cluster.local", id="outside of a pod"),
        pytest.param(None, None, "cluster.local", id="without the file"),
        pytest.param("k8s.lan", None, "k8s.lan", id="the option alone"),
    ],
)
def test_the_domain_is_the_options_or_the_resolvers(
    option: str | None,
    resolv_conf: str | None,
    domain: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "resolv.conf"
    if resolv_conf is not None:
        path.write_text(resolv_conf)
    monkeypatch.setattr(settings, "RESOLV_CONF", path)
    assert Settings(cluster_domain=option).service_names.domain == domain
