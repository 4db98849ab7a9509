"""`openclaw-vllm diff`: 0 when nothing would change, 1 with a unified diff when something would."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import builders
from tests.harnesses.command_line import CommandLine, config_map, provider

AGENTS = {"primary": ["first", "*"]}
CARD = {"id": "m", "max_model_len": 32768}


def render(cli: CommandLine, path: str, *cards: Any, name: str = "live.yaml") -> str:
    """Render into a file, as a repository keeps it; return its path."""
    result = cli.run("render", "-f", path, "--snapshot", cli.write_snapshot(*cards), "-o", "yaml")
    assert result.exit_code == 0, result.stderr
    return cli.write(name, result.stdout)


def test_what_was_rendered_is_the_same(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    live = render(cli, path, CARD)
    words = ["diff", "-f", path, "--snapshot", cli.write_snapshot(CARD), "--against", live]
    result = cli.run(*words)
    assert (result.exit_code, result.output) == (0, "")
    report = cli.json(*words)
    assert (report["same"], report["changes"]) == (True, {})


def test_what_changes_is_shown_document_by_document(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    live = render(cli, path, "m")
    words = ["diff", "-f", path, "--snapshot", cli.write_snapshot("m", "n"), "--against", live]
    result = cli.run(*words)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[:2] == ["--- published/openclaw.json", "+++ rendered/openclaw.json"]
    assert "--- published/models.json" in lines
    assert any(line.startswith("+") and '"id": "n"' in line for line in lines)
    assert not [line for line in lines if line.startswith("-") and not line.startswith("---")]
    report = cli.json(*words)
    assert report["same"] is False
    assert sorted(report["changes"]) == ["models.json", "openclaw.json"]


def test_a_configmap_that_is_not_there_is_all_new(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    other = cli.write_yaml("other.yaml", config_map("other-openclaw"))
    words = ["diff", "-f", path, "--snapshot", cli.write_snapshot("m"), "--against", other]
    assert cli.run(*words).exit_code == 1
    assert len(cli.json(*words)["changes"]) == 4


def test_labels_that_would_change_are_shown_and_foreign_ones_are_not(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    live = yaml.safe_load(Path(render(cli, path, "m")).read_text())
    live["metadata"]["labels"]["example.com/foreign"] = "x"
    against = cli.write_yaml("live.yaml", live)
    words = ["--snapshot", cli.write_snapshot("m"), "--against", against]
    assert cli.run("diff", "-f", path, *words).exit_code == 0
    output = {"labels": {"example.com/team": "a"}, "annotations": {"example.com/by": "b"}}
    path = cli.write_yaml("p.yaml", provider(builders.wire_spec(output=output)))
    report = cli.json("diff", "-f", path, *words)
    assert list(report["changes"]) == ["labels and annotations"]
    diff = report["changes"]["labels and annotations"]
    assert "+labels: example.com/team=a" in diff
    assert "+annotations: example.com/by=b" in diff


def test_a_primary_model_stays_as_it_does_in_the_cluster(cli: CommandLine) -> None:
    """`first` comes later: what is published keeps its primary, a new ConfigMap would not."""
    path = cli.write_yaml("p.yaml", provider(builders.wire_spec(agents=AGENTS)))
    live = render(cli, path, "other")
    snapshot = cli.write_snapshot("first", "other")
    report = cli.json("diff", "-f", path, "--snapshot", snapshot, "--against", live)
    assert "agents-defaults.json" not in report["changes"]
    edited = builders.wire_spec(agents={"primary": ["first"]})
    path = cli.write_yaml("p.yaml", provider(edited))
    report = cli.json("diff", "-f", path, "--snapshot", snapshot, "--against", live)
    assert '+    "primary": "vllm/first"' in report["changes"]["agents-defaults.json"]


def test_a_list_that_the_cluster_would_keep_is_no_change_and_not_well(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    live = render(cli, path, "m")
    none = cli.write("none.json", '{"data": []}')
    words = ["diff", "-f", path, "--snapshot", none, "--against", live]
    result = cli.run(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "NoModels" in result.stderr


def test_an_invalid_manifest_is_reported_and_not_compared(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider({}))
    live = cli.write_yaml("live.yaml", config_map("vllm-openclaw"))
    result = cli.run("diff", "-f", path, "--against", live)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "exactly one of baseUrl" in result.stderr


def test_a_missing_cluster_ends_with_1(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    words = ["diff", "-f", path, "--snapshot", cli.write_snapshot("m")]
    result = cli.run(*words, KUBECONFIG=cli.write("kubeconfig", ""))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: no cluster to talk to")


def test_a_configmap_without_texts_is_refused(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    odd = cli.write_yaml("odd.yaml", config_map("vllm-openclaw") | {"data": {"models.json": 7}})
    result = cli.run("diff", "-f", path, "--snapshot", cli.write_snapshot("m"), "--against", odd)
    assert result.exit_code == 1
    assert "has to be texts" in result.stderr


ODD_METADATA = [
    ({"annotations": 5}, 'metadata.annotations: must be of type object: "integer"'),
    ({"labels": {"a": 5}}, 'metadata.labels.a: must be of type string: "integer"'),
    ({"ownerReferences": 5}, 'metadata.ownerReferences: must be of type array: "integer"'),
    ({"ownerReferences": [5]}, 'metadata.ownerReferences[0]: must be of type object: "integer"'),
    ({"ownerReferences": [{"controller": True}]}, "metadata.ownerReferences[0].uid: Required"),
    ({"uid": 5}, 'metadata.uid: must be of type string: "integer"'),
]


@pytest.mark.parametrize(
    ("odd", "message"), ODD_METADATA, ids=[message for _, message in ODD_METADATA]
)
def test_a_configmap_with_odd_metadata_is_refused(
    cli: CommandLine, odd: dict[str, object], message: str
) -> None:
    path = cli.write_yaml("p.yaml", provider())
    live = config_map("vllm-openclaw")
    against = cli.write_yaml("odd.yaml", live | {"metadata": live["metadata"] | odd})
    result = cli.run(
        "diff", "-f", path, "--snapshot", cli.write_snapshot("m"), "--against", against
    )
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"Error: {against}: ConfigMap vllm-openclaw: " in result.stderr
    assert message in result.stderr


def test_a_configmap_as_kubectl_prints_it_is_taken(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    live = yaml.safe_load(Path(render(cli, path, CARD)).read_text())
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
    against = cli.write_yaml("live.yaml", live)
    result = cli.run(
        "diff", "-f", path, "--snapshot", cli.write_snapshot(CARD), "--against", against
    )
    assert (result.exit_code, result.output) == (0, "")


def test_a_text_without_a_last_line_break_is_shown_as_diff_shows_it(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider(builders.wire_spec(models=[{"id": "m"}])))
    live = cli.write_yaml(
        "live.yaml", config_map("vllm-openclaw", **{"agents-defaults.json": "{}"})
    )
    result = cli.run("diff", "-f", path, "--against", live)
    assert "-{}\n\\ No newline at end of file\n+{}\n" in result.stdout
