"""Roots of APIs: where /v1 is added to a path, and where the path is the root as it is written."""

import pytest

from openclaw_vllm.core.discovery.api_root import api_root, server_root


@pytest.mark.parametrize(
    ("path", "root", "server"),
    [
        pytest.param("", "/v1", "", id="none"),
        pytest.param("/", "/v1", "", id="a slash"),
        pytest.param("//", "/v1", "", id="two slashes"),
        pytest.param("/v1", "/v1", "", id="the right one"),
        pytest.param("/v1/", "/v1", "", id="a slash at the end"),
        pytest.param("/v1//", "/v1", "", id="two slashes at the end"),
        pytest.param("/v1/v1", "/v1", "", id="a doubled one"),
        pytest.param("/v1/v1/", "/v1", "", id="a doubled one with a slash"),
        pytest.param("/gpu1", "/gpu1/v1", "/gpu1", id="a root path"),
        pytest.param("/gpu1/", "/gpu1/v1", "/gpu1", id="a root path with a slash"),
        pytest.param("/gpu1/v1", "/gpu1/v1", "/gpu1", id="a root path and the right one"),
        pytest.param("/gpu1//v1", "/gpu1/v1", "/gpu1", id="a root path and two slashes"),
        pytest.param("/av1", "/av1/v1", "/av1", id="one that only ends alike"),
        pytest.param("/openai", "/openai/v1", "/openai", id="KServe 0.21"),
        pytest.param("/v100", "/v100/v1", "/v100", id="a GPU"),
        pytest.param("/deepseek-v3", "/deepseek-v3/v1", "/deepseek-v3", id="a model"),
        pytest.param("/vllm", "/vllm/v1", "/vllm", id="a word that begins alike"),
        pytest.param("/v", "/v/v1", "/v", id="a letter"),
        pytest.param("/v1-tiny", "/v1-tiny/v1", "/v1-tiny", id="a name that begins as a version"),
        pytest.param("/v2x", "/v2x/v1", "/v2x", id="a name that begins so without a dash"),
        pytest.param("/V3", "/V3/v1", "/V3", id="in capitals"),
        pytest.param("/v1.", "/v1./v1", "/v1.", id="a version without an end"),
        pytest.param("/v3/v1", "/v3/v1", "/v3", id="another version and the right one"),
    ],
)
def test_a_path_ends_in_one_v1_unless_it_names_another_version(
    path: str, root: str, server: str
) -> None:
    assert api_root(path, as_written=False) == root
    assert server_root(root) == server


@pytest.mark.parametrize(
    ("path", "server"),
    [
        pytest.param("/v3", "", id="OpenVINO Model Server 2025"),
        pytest.param("/api/v3", "/api", id="Volcano Ark"),
        pytest.param("/api/coding/paas/v4", "/api/coding/paas", id="Z.ai"),
        pytest.param("/v1beta/openai", "", id="Gemini"),
        pytest.param("/openai/v1beta", "/openai", id="a version at the end"),
        pytest.param("/v1beta", "", id="a version alone"),
        pytest.param("/v1alpha2", "", id="an alpha version"),
        pytest.param("/v1p1beta1", "", id="Google's form of a minor version"),
        pytest.param("/v1-beta", "", id="a version with a dash"),
        pytest.param("/v1-openai", "", id="GPUStack before 2"),
        pytest.param("/api/v2.1", "/api", id="a minor version"),
        pytest.param("/api/v0", "/api", id="LM Studio 0.3's own API"),
        pytest.param("/v1/projects/p/locations/l/endpoints/openapi", "", id="Vertex AI"),
        pytest.param("/v1/account/gateway/compat", "", id="Cloudflare's AI Gateway"),
        pytest.param("/client/v4/accounts/a/v1", "/client/v4/accounts/a", id="two versions"),
    ],
)
def test_a_path_that_names_a_version_is_the_root(path: str, server: str) -> None:
    for written in (path, f"{path}/", f"{path}//"):
        assert api_root(written, as_written=False) == path
    assert server_root(path) == server


@pytest.mark.parametrize(
    ("path", "root", "server"),
    [
        ("", "", ""),
        ("/", "", ""),
        ("/gpu1", "/gpu1", "/gpu1"),
        ("/inference/", "/inference", "/inference"),
        ("/v1", "/v1", ""),
        ("/v1/v1", "/v1/v1", "/v1"),
        ("/v100//", "/v100", "/v100"),
    ],
)
def test_a_path_that_is_called_the_root_is_taken_as_written(
    path: str, root: str, server: str
) -> None:
    assert api_root(path, as_written=True) == root
    assert server_root(root) == server
