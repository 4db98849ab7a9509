"""Strings and numbers of an endpoint, each with the rules by which the API server validates it.

They are the same for a VllmProvider and for a VllmCatalog's Services.
"""

from typing import Annotated, Literal

from pydantic import Field

from openclaw_vllm.api.fields import cel, matching

# Set by the HTTP client or for the API key, or able to change what the response means.
RESERVED_HEADERS = [
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

# A route below the API's root, which people paste; /models alone may well be somebody's root.
_ROUTE = "/v[0-9][0-9a-z.]*(/openai)?/(models|completions|chat|embeddings)/?$|/chat/completions/?$"

ApiRoot = Literal["Versioned", "AsWritten"]

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
                f"!self.matches('{_ROUTE}')",
                "write the URL up to /v1, or what the server has instead; the rest of the path is"
                " added to it",
            ),
        ),
    ),
]

# A rule's cost is estimated from the lengths that the schema bounds, and before Kubernetes 1.34
# the API server does not see the maxLength of an int-or-string: matches() would cost as if the
# name had 3 MiB, and so does comparing its type. `in` and charAt() cost the same at any length.
_NAME_LENGTH = 15
_EACH_CHARACTER = f"{list(range(_NAME_LENGTH))}"
_IS_LETTER = "self.charAt(i) >= 'a' && self.charAt(i) <= 'z'"
_IS_DIGIT = "self.charAt(i) >= '0' && self.charAt(i) <= '9'"
_IS_PORT_NAME = (
    f"size(self) >= 1 && size(self) <= {_NAME_LENGTH}"
    " && self.charAt(0) != '-' && self.charAt(size(self) - 1) != '-'"
    f" && {_EACH_CHARACTER}.all(i, i >= size(self) || self.charAt(i) == '-'"
    f" || ({_IS_LETTER}) || ({_IS_DIGIT}))"
    f" && {_EACH_CHARACTER}.exists(i, i < size(self) && {_IS_LETTER})"
)

ServicePort = Annotated[
    int | str,
    Field(
        json_schema_extra={
            "x-kubernetes-int-or-string": True,
            "maxLength": _NAME_LENGTH,
            **cel(
                (
                    f"type(self) in [int] ? self >= 1 && self <= 65535 : {_IS_PORT_NAME}",
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

HeaderName = Annotated[
    str,
    matching(
        "[-A-Za-z0-9!#$%&*+.^_|~]+",
        "write a header name such as X-Tenant: letters, digits and -",
        max_length=64,
        also=(
            f"!(self.lowerAscii() in {RESERVED_HEADERS})",
            "write another name: this header is set by the HTTP client, and Authorization by"
            " auth.apiKeySecretRef",
        ),
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

# OpenClaw takes any positive integer; beyond 24.8 days a timer of Node.js ends at once.
TimeoutSeconds = Annotated[int, Field(ge=1, le=86_400)]

AuthScheme = Annotated[
    str,
    matching(
        "[A-Za-z][-A-Za-z0-9]*",
        "write the word before the key in the header Authorization, such as Bearer or Basic",
        max_length=32,
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
