"""The root of a server's OpenAI API: the path that /models and /chat/completions are added to.

Most servers have it at /v1, and people leave that out. Others name a version of their own (by their
documentation): OpenVINO Model Server 2025 has /v3, Gemini /v1beta/openai, Z.ai /api/coding/paas/v4,
and Vertex AI a path that begins with /v1/projects. A /v1 at their end would lead nowhere.
"""

import re

DEFAULT_VERSION = "/v1"
# v1, v3, v1beta, v1alpha2, v1p1beta1, v1-beta, v2.1, GPUStack's v1-openai; three digits are
# something else: a V100
VERSION = re.compile(r"v[0-9]{1,2}([.p][0-9]{1,2})*(-?(alpha|beta|rc|preview)[0-9]{0,2}|-openai)?")


def api_root(path: str, *, as_written: bool) -> str:
    """Return the path of the root, without a slash at its end; empty for the server's own.

    `as_written` says that `path` is the root. Else one that names a version is, and /v1 is added to
    any other; /v1 written twice at the end counts once.
    """
    root = path.rstrip("/")
    if as_written:
        return root
    stem = root
    while stem.endswith(DEFAULT_VERSION):
        stem = stem.removesuffix(DEFAULT_VERSION).rstrip("/")
    is_versioned = stem == root and _version_position(root) is not None
    return root if is_versioned else f"{stem}{DEFAULT_VERSION}"


def server_root(root: str) -> str:
    """Return the path of a server's routes beside the API, such as /version: all that precedes the
    version in the API's root."""
    position = _version_position(root)
    return root if position is None else "/".join(root.split("/")[:position])


def _version_position(path: str) -> int | None:
    """Return the position of the last segment that names a version, None without one."""
    segments = path.split("/")
    positions = (n for n, segment in enumerate(segments) if VERSION.fullmatch(segment))
    return max(positions, default=None)
