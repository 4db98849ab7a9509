"""The demo applies what the README shows."""

from pathlib import Path

import pytest

from hack.demo import sample
from hack.demo.process import DemoError

URL = "http://127.0.0.1:1/v1"


def test_the_first_yaml_block_of_the_readme_is_the_sample() -> None:
    provider = sample.provider(URL, "red")
    assert provider["kind"] == "VllmProvider"
    assert provider["metadata"]["namespace"] == "red"
    assert provider["spec"] == {"baseUrl": URL, "discovery": {"interval": "5s"}}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("# Nothing\n", "has no ```yaml block"), ("```yaml\nkind: Pod\n```\n", "is no VllmProvider")],
)
def test_a_readme_without_a_sample_is_refused(
    text: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text)
    monkeypatch.setattr(sample, "README", readme)
    with pytest.raises(DemoError, match=complaint):
        sample.provider(URL, "red")


def test_a_key_is_allowed_to_go_to_its_server_only() -> None:
    secret = sample.key_secret("vllm-api-key", "sesame", "gpu.example.com")
    annotations = secret["metadata"]["annotations"]
    assert annotations == {"openclaw-vllm.dev/allowed-hosts": "gpu.example.com"}
    auth = sample.provider(URL, "red", keyed_by="vllm-api-key")["spec"]["auth"]
    assert auth["apiKeySecretRef"] == {"name": "vllm-api-key", "key": "api-key"}
