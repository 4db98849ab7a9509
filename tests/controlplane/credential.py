"""Who may speak to the API server: as a kubeconfig for programs, as plain JSON calls for tests."""

import json
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 30.0


class ApiError(Exception):
    """The API server refused a request; the message is its own."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True)
class Credential:
    """A bearer token for a server whose certificate this authority has signed."""

    server: str
    authority: str
    token: str
    namespace: str = "default"

    def kubeconfig(self) -> str:
        """Return it as a kubeconfig; JSON is YAML."""
        authority = {"certificate-authority-data": b64encode(self.authority.encode()).decode()}
        context = {"cluster": "plane", "user": "plane", "namespace": self.namespace}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "plane", "cluster": {"server": self.server, **authority}}],
            "users": [{"name": "plane", "user": {"token": self.token}}],
            "contexts": [{"name": "plane", "context": context}],
            "current-context": "plane",
        }
        return json.dumps(config, indent=2)

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
    ) -> Any:
        """Send one request and return the JSON it answers; raise ApiError for a refusal."""
        text = self.raw(method, path, body, content_type=content_type)
        return json.loads(text)

    def raw(
        self, method: str, path: str, body: object, *, content_type: str = "application/json"
    ) -> str:
        """Send one request and return the text it answers; raise ApiError for a refusal."""
        address = urlsplit(self.server)
        context = ssl.create_default_context(cadata=self.authority)
        connection = HTTPSConnection(address.netloc, timeout=TIMEOUT, context=context)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        payload = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, payload, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status >= 300:
            raise ApiError(response.status, _message(text))
        return text

    def answers(self, path: str) -> bool:
        """Return whether a health check passes; a server that does not listen yet does not."""
        try:
            self.raw("GET", path, None)
        except (OSError, HTTPException, ApiError):
            return False
        return True


def _message(text: str) -> str:
    try:
        status: Mapping[str, Any] = json.loads(text)
    except ValueError:
        return text.strip()
    return str(status.get("message", text))
