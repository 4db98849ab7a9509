"""The part of a VllmProvider that says where the server is and how to talk to it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from openclaw_vllm.api.fields import (
    DataKey,
    EnvName,
    ObjectName,
    ServiceName,
    WireModel,
    cel,
    matching,
)

# Set by the HTTP client, by the key, or able to change what the answer means.
_RESERVED_HEADERS = [
    "accept-encoding",
    "__proto__",
    "authorization",
    "connection",
    "constructor",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "prototype",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
]

BaseUrl = Annotated[
    str,
    Field(
        max_length=2048,
        json_schema_extra=cel(
            (
                r"self.matches(r'^https?://[!-\[\]-~]+$') && isURL(self)"
                " && url(self).getHostname() != ''",
                "write a URL that starts with http:// or https://, such as"
                " http://vllm.models.svc.cluster.local:8000/v1",
            ),
            (
                "!isURL(self) || url(self).getPort() == '' || (size(url(self).getPort()) <= 5"
                " && int(url(self).getPort()) >= 1 && int(url(self).getPort()) <= 65535)",
                "write a port from 1 to 65535, such as :8000",
            ),
            (
                "!self.matches('^[^/]*//[^/?#]*@')",
                "leave user and password out of the URL: write auth.apiKeySecretRef",
            ),
            ("!self.contains('?') && !self.contains('#')", "leave out ? and #, and what follows"),
            (
                "!self.matches('/[.][.]?(/|$)')",
                "leave /./ and /../ out of the path: write the path that is meant",
            ),
            (
                "!self.matches('/v1/(models|completions|chat|chat/completions|embeddings)/?$')",
                "write the URL up to /v1; the rest of the path is added to it",
            ),
        ),
    ),
]

ServicePort = Annotated[
    int | str,
    Field(
        json_schema_extra={
            "x-kubernetes-int-or-string": True,
            "maxLength": 15,
            **cel(
                (
                    "type(self) == int ? self >= 1 && self <= 65535"
                    " : self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$') && self.matches('[a-z]')"
                    " && size(self) <= 15",
                    "write a number from 1 to 65535 without quotes, such as 8000, or the name of a"
                    " port of the Service, such as http",
                )
            ),
        }
    ),
]


UrlPath = Annotated[
    str,
    matching(
        r'/[!"$->@-\[\]-~]*',  # printable ASCII without # ? and backslash
        "write a path that starts with / and ends before ? and #, such as /v1",
        max_length=512,
        also=("!self.matches('/[.][.]?(/|$)')", "leave /./ and /../ out of the path"),
    ),
]

HeaderValue = Annotated[
    str,
    matching(
        "[!-~]([ -~]*[!-~])?",
        "write printable ASCII on one line, without outer spaces",
        max_length=1024,
        also=(
            # OpenClaw 2026.9.6 reads these as references to secrets, and cannot be told not to
            "!self.matches('^[$][A-Z][A-Z0-9_]{0,127}$')"
            " && !self.matches('^secretref-(managed$|env:)')",
            "write another value: OpenClaw would take this one for a reference to a secret; use"
            " valueFrom and env for those",
        ),
    ),
]

HostName = Annotated[
    str,
    matching(
        "[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?",
        "write a host name such as vllm.example.com",
        max_length=253,
    ),
]


class ServiceRef(WireModel):
    """A Service of the same namespace."""

    name: ServiceName
    """The Service's name."""
    port: ServicePort = 8000
    """The Service's port, by number or name."""
    scheme: Literal["http", "https"] = "http"
    """https when the server has a certificate."""
    path: UrlPath = "/v1"
    """The path of the API."""


class SecretKeyRef(WireModel):
    """One key of a Secret of the same namespace."""

    name: ObjectName
    """The Secret's name."""
    key: DataKey
    """The key in the Secret's data."""


class Auth(WireModel):
    """The API key: what the operator sends when it asks, and what agents read."""

    api_key_secret_ref: SecretKeyRef | None = None
    """The key that the operator asks with. Only a Service of the Secret's namespace, or a host
    that the Secret names in its annotation openclaw-vllm.dev/allowed-hosts, ever gets it."""
    api_key_env: EnvName = "VLLM_API_KEY"
    """The environment variable that agents read their key from: its name, not its value."""


class HeaderSource(WireModel):
    """Where a header's value comes from."""

    secret_key_ref: SecretKeyRef
    """The Secret that the operator reads the value from when it asks the server."""


class Header(WireModel):
    """A header of every request, the operator's and the agents'."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "has(self.value) != has(self.valueFrom)",
                "write value, or valueFrom together with env, but not both",
            ),
            (
                "has(self.valueFrom) == has(self.env)",
                "write env together with valueFrom: the environment variable that agents read the"
                " secret value from",
            ),
        )
    )

    name: Annotated[
        str,
        matching(
            "[-A-Za-z0-9!#$%&*+.^_|~]+",
            "write a header name such as X-Tenant: letters, digits and -",
            max_length=64,
            also=(
                f"!(self.lowerAscii() in {_RESERVED_HEADERS})",
                "write another name: this header is set by the HTTP client, and Authorization by"
                " auth.apiKeySecretRef",
            ),
        ),
    ]
    """The header's name."""
    value: HeaderValue | None = None
    """The value, in plain text."""
    value_from: HeaderSource | None = None
    """Where the operator reads a secret value from; agents read theirs from env."""
    env: EnvName | None = None
    """The environment variable that agents read a secret value from."""


class CABundleRef(WireModel):
    """Certificates in PEM, in an object of the same namespace."""

    kind: Literal["ConfigMap"] = "ConfigMap"
    """The kind of the object: ConfigMap."""
    name: ObjectName
    """The ConfigMap's name."""
    key: DataKey = "ca.crt"
    """The key in the ConfigMap's data."""


class Tls(WireModel):
    """How the server's certificate is judged."""

    ca_bundle_ref: CABundleRef | None = None
    """The authorities to trust instead of the public ones; published to agents as well."""
    server_name: HostName | None = None
    """The name that the certificate must have, when it is not the URL's host."""
    insecure_skip_verify: bool = False
    """Accept any certificate when the operator asks. Never published: OpenClaw refuses to."""
