"""The chart's shards: which Deployments there are, and whom each of them serves."""

import pytest

from tests.apiserver.chart import NAME, Manifest, RefusedError, render

pytestmark = pytest.mark.timeout(300)  # the first test may find Helm still to be built

SHARDS = 'shards=["red","blue"]'
LABEL = "openclaw-vllm.dev/shard"
SELECTORS = {
    "red": f"--shard-selector={LABEL}=red",
    "blue": f"--shard-selector={LABEL}=blue",
    "rest": f"--shard-selector={LABEL} notin (red,blue)",
    "catalogs": "--catalogs-only",
}


def deployments(*values: str) -> dict[str, Manifest]:
    """Return the Deployments by what their names add to the release's."""
    rendered = render(*values).of("Deployment")
    return {one["metadata"]["name"].removeprefix(f"{NAME}-"): one for one in rendered}


def args(deployment: Manifest) -> list[str]:
    result: list[str] = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    return result


def test_each_shard_has_a_deployment_with_its_selector_and_its_lease() -> None:
    rendered = deployments(SHARDS)
    assert list(rendered) == list(SELECTORS)
    for name, deployment in rendered.items():
        chosen = [one for one in args(deployment) if one.startswith(("--shard", "--catalogs"))]
        assert chosen == [SELECTORS[name]]
        assert "--leader-elect" in args(deployment)
        assert f"--leader-election-id=openclaw-vllm-operator-{name}" in args(deployment)


def test_no_deployment_selects_the_pods_of_another_and_the_service_selects_all() -> None:
    rendered = deployments(SHARDS)
    pods = {
        name: one["spec"]["template"]["metadata"]["labels"].items()
        for name, one in rendered.items()
    }
    for name, one in rendered.items():
        selector = one["spec"]["selector"]["matchLabels"].items()
        assert [other for other, labels in pods.items() if selector <= labels] == [name]
    (service,) = render(SHARDS).of("Service")
    assert all(service["spec"]["selector"].items() <= labels for labels in pods.values())


def test_the_rights_on_leases_are_those_of_the_shards() -> None:
    roles = [one for one in render(SHARDS).of("Role") if one["metadata"]["name"].endswith("leader")]
    (named,) = [rule for role in roles for rule in role["rules"] if "resourceNames" in rule]
    assert named["resourceNames"] == [f"openclaw-vllm-operator-{name}" for name in SELECTORS]


@pytest.mark.parametrize("value", ['watchNamespaces=["a"]', "catalog.enabled=false"])
def test_without_catalogs_there_is_no_deployment_for_them(value: str) -> None:
    everywhere = () if "watch" in value else ('watchNamespaces=["*"]',)
    assert list(deployments(SHARDS, value, *everywhere)) == ["red", "blue", "rest"]


@pytest.mark.parametrize("none", [(), ("shards=[]",), ("shards=null",)], ids=str)
def test_without_shards_the_deployment_is_the_one_that_it_was(none: tuple[str, ...]) -> None:
    (deployment,) = render(*none).of("Deployment")
    assert deployment["metadata"]["name"] == NAME
    assert LABEL not in deployment["spec"]["selector"]["matchLabels"]
    assert not any("shard" in one or "election-id" in one for one in args(deployment))


def test_a_long_name_leaves_room_for_the_shards() -> None:
    rendered = render(SHARDS, f'fullnameOverride="{"a" * 53}"').of("Deployment")
    names = [one["metadata"]["name"] for one in rendered]
    assert len(set(names)) == len(SELECTORS)
    assert max(map(len, names)) <= 63


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (('shards=["rest"]',), "shards"),
        (('shards=["Red"]',), "shards"),
        (('shards=["a","a"]',), "shards"),
        ((SHARDS, "mountRefresh.enabled=true"), "mountRefresh.enabled excludes shards"),
    ],
)
def test_shards_that_cannot_work_are_refused(values: tuple[str, ...], named: str) -> None:
    with pytest.raises(RefusedError, match=named):
        render(*values)
