"""`openclaw-vllm diff`: 0 when nothing would change, 1 with a unified diff when something would."""

from pathlib import Path

import pytest
import yaml

from tests import builders
from tests.unit.commands.pipelines import Desk, config_map, provider

AGENTS = {"primary": ["first", "*"]}


def rendered(desk: Desk, path: str, *ids: str, name: str = "live.yaml") -> str:
    """Render into a file, as a repository keeps it; return its path."""
    said = desk.call("render", "-f", path, "--snapshot", desk.snapshot(*ids), "-o", "yaml")
    assert said.exit_code == 0, said.stderr
    return desk.write(name, said.stdout)


def test_what_was_rendered_is_the_same(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    live = rendered(desk, path, "m")
    words = ["diff", "-f", path, "--snapshot", desk.snapshot("m"), "--against", live]
    ended = desk.call(*words)
    assert (ended.exit_code, ended.output) == (0, "")
    said = desk.json(*words)
    assert (said["same"], said["changes"]) == (True, {})


def test_what_changes_is_shown_document_by_document(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    live = rendered(desk, path, "m")
    words = ["diff", "-f", path, "--snapshot", desk.snapshot("m", "n"), "--against", live]
    ended = desk.call(*words)
    assert ended.exit_code == 1
    lines = ended.stdout.splitlines()
    assert lines[:2] == ["--- published/openclaw.json", "+++ rendered/openclaw.json"]
    assert "--- published/models.json" in lines
    assert any(line.startswith("+") and '"id": "n"' in line for line in lines)
    assert not [line for line in lines if line.startswith("-") and not line.startswith("---")]
    said = desk.json(*words)
    assert said["same"] is False
    assert sorted(said["changes"]) == ["models.json", "openclaw.json"]


def test_a_configmap_that_is_not_there_is_all_new(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    other = desk.put("other.yaml", config_map("other-openclaw"))
    words = ["diff", "-f", path, "--snapshot", desk.snapshot("m"), "--against", other]
    assert desk.call(*words).exit_code == 1
    assert len(desk.json(*words)["changes"]) == 4


def test_labels_that_would_change_are_shown_and_foreign_ones_are_not(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    live = yaml.safe_load(Path(rendered(desk, path, "m")).read_text())
    live["metadata"]["labels"]["example.com/foreign"] = "x"
    against = desk.put("live.yaml", live)
    words = ["--snapshot", desk.snapshot("m"), "--against", against]
    assert desk.call("diff", "-f", path, *words).exit_code == 0
    output = {"labels": {"example.com/team": "a"}, "annotations": {"example.com/by": "b"}}
    path = desk.put("p.yaml", provider(builders.wire_spec(output=output)))
    said = desk.json("diff", "-f", path, *words)
    assert list(said["changes"]) == ["labels and annotations"]
    changed = said["changes"]["labels and annotations"]
    assert "+labels: example.com/team=a" in changed
    assert "+annotations: example.com/by=b" in changed


def test_a_primary_model_stays_as_it_does_in_the_cluster(desk: Desk) -> None:
    """`first` comes later: what is published keeps its primary, a new ConfigMap would not."""
    path = desk.put("p.yaml", provider(builders.wire_spec(agents=AGENTS)))
    live = rendered(desk, path, "other")
    snapshot = desk.snapshot("first", "other")
    said = desk.json("diff", "-f", path, "--snapshot", snapshot, "--against", live)
    assert "agents-defaults.json" not in said["changes"]
    edited = builders.wire_spec(agents={"primary": ["first"]})
    path = desk.put("p.yaml", provider(edited))
    said = desk.json("diff", "-f", path, "--snapshot", snapshot, "--against", live)
    assert '+    "primary": "vllm/first"' in said["changes"]["agents-defaults.json"]


def test_a_list_that_the_cluster_would_keep_is_no_change_and_not_well(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    live = rendered(desk, path, "m")
    none = desk.write("none.json", '{"data": []}')
    words = ["diff", "-f", path, "--snapshot", none, "--against", live]
    ended = desk.call(*words)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "NoModels" in ended.stderr


def test_an_invalid_manifest_is_told_and_not_compared(desk: Desk) -> None:
    path = desk.put("p.yaml", provider({}))
    live = desk.put("live.yaml", config_map("vllm-openclaw"))
    ended = desk.call("diff", "-f", path, "--against", live)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "exactly one of baseUrl" in ended.stderr


def test_a_missing_cluster_ends_with_1(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    words = ["diff", "-f", path, "--snapshot", desk.snapshot("m")]
    ended = desk.call(*words, KUBECONFIG=desk.write("kubeconfig", ""))
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: no cluster to talk to")


def test_a_configmap_without_texts_is_refused(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    odd = desk.put("odd.yaml", config_map("vllm-openclaw") | {"data": {"models.json": 7}})
    ended = desk.call("diff", "-f", path, "--snapshot", desk.snapshot("m"), "--against", odd)
    assert ended.exit_code == 1
    assert "has to be texts" in ended.stderr


ODD_METADATA = [
    ({"annotations": 5}, 'metadata.annotations: must be of type object: "integer"'),
    ({"labels": {"a": 5}}, 'metadata.labels.a: must be of type string: "integer"'),
    ({"ownerReferences": 5}, 'metadata.ownerReferences: must be of type array: "integer"'),
    ({"ownerReferences": [5]}, 'metadata.ownerReferences[0]: must be of type object: "integer"'),
    ({"ownerReferences": [{"controller": True}]}, "metadata.ownerReferences[0].uid: Required"),
    ({"uid": 5}, 'metadata.uid: must be of type string: "integer"'),
]


@pytest.mark.parametrize(("odd", "said"), ODD_METADATA, ids=[said for _, said in ODD_METADATA])
def test_a_configmap_with_odd_metadata_is_refused(
    desk: Desk, odd: dict[str, object], said: str
) -> None:
    path = desk.put("p.yaml", provider())
    live = config_map("vllm-openclaw")
    against = desk.put("odd.yaml", live | {"metadata": live["metadata"] | odd})
    ended = desk.call("diff", "-f", path, "--snapshot", desk.snapshot("m"), "--against", against)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert f"Error: {against}: ConfigMap vllm-openclaw: " in ended.stderr
    assert said in ended.stderr


def test_a_configmap_as_kubectl_prints_it_is_taken(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    live = yaml.safe_load(Path(rendered(desk, path, "m")).read_text())
    live["metadata"] |= {
        "uid": "u",
        "resourceVersion": "1",
        "creationTimestamp": None,
        "managedFields": [{"manager": "a", "fieldsV1": {"f:data": {}}}],
        "ownerReferences": [
            {
                "apiVersion": "openclaw-vllm.dev/v1alpha1",
                "kind": "VllmProvider",
                "name": "vllm",
                "uid": "v",
                "controller": True,
            }
        ],
    }
    against = desk.put("live.yaml", live)
    ended = desk.call("diff", "-f", path, "--snapshot", desk.snapshot("m"), "--against", against)
    assert (ended.exit_code, ended.output) == (0, "")


def test_a_text_without_a_last_line_break_is_shown_as_diff_shows_it(desk: Desk) -> None:
    path = desk.put("p.yaml", provider(builders.wire_spec(models=[{"id": "m"}])))
    live = desk.put("live.yaml", config_map("vllm-openclaw", **{"agents-defaults.json": "{}"}))
    ended = desk.call("diff", "-f", path, "--against", live)
    assert "-{}\n\\ No newline at end of file\n+{}\n" in ended.stdout
