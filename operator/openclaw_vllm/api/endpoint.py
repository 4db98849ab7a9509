"""The endpoint fields of a VllmProvider: where the server is, and how to connect to it."""

from typing import Literal

from pydantic import ConfigDict

from openclaw_vllm.api.endpoint_fields import (
    AuthScheme,
    HeaderName,
    HeaderValue,
    HostName,
    ServicePort,
    UrlPath,
)
from openclaw_vllm.api.fields import DataKey, EnvName, ObjectName, ServiceName, WireModel, cel


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
    scheme: AuthScheme = "Bearer"
    """The scheme of the header Authorization; the key is what follows it: for Basic that is the
    Base64 of user:password."""


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

    name: HeaderName
    """The header's name."""
    value: HeaderValue | None = None
    """The value, in plain text."""
    value_from: HeaderSource | None = None
    """Where the operator reads a secret value from; agents read theirs from env."""
    env: EnvName | None = None
    """The environment variable that agents read a secret value from."""


class CABundleRef(WireModel):
    """Certificates in PEM, in an object of the server's namespace."""

    kind: Literal["ConfigMap", "Secret"] = "ConfigMap"
    """The kind of the object: ConfigMap, or Secret, such as one of cert-manager. Of a Secret only
    certificates are read."""
    name: ObjectName
    """The object's name."""
    key: DataKey = "ca.crt"
    """The key in the object's data."""


class ClientCertificateRef(WireModel):
    """A Secret of type kubernetes.io/tls of the same namespace, and the variables of agents."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "self.certificateEnv != self.keyEnv",
                "write two environment variables: one holds the certificate, one its private key",
            )
        )
    )

    name: ObjectName
    """The Secret's name; tls.crt and tls.key are read. The operator shows the certificate only to
    servers that may get the keys of the Secret, see auth.apiKeySecretRef."""
    certificate_env: EnvName = "VLLM_CLIENT_CERTIFICATE"
    """The environment variable that agents read the certificate from, as PEM text: its name."""
    key_env: EnvName = "VLLM_CLIENT_KEY"
    """The environment variable that agents read the private key from, as PEM text: its name, not
    its value."""


class Tls(WireModel):
    """How the server's certificate is judged, and what it is shown in turn."""

    ca_bundle_ref: CABundleRef | None = None
    """The authorities to trust instead of the public ones; published to agents as well."""
    server_name: HostName | None = None
    """The name that the certificate must have, when it is not the URL's host."""
    client_certificate_ref: ClientCertificateRef | None = None
    """The certificate that the server wants of its clients, the operator and the agents."""
    insecure_skip_verify: bool = False
    """Accept any certificate when the operator asks. Never published: OpenClaw refuses to."""
