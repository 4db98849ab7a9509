"""TLS trust settings of a server, and the contexts that apply them."""

import os
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from tempfile import NamedTemporaryFile

FLAWS = {  # by OpenSSL's reason (3.0.19)
    "KEY_VALUES_MISMATCH": "are no pair; the key's own certificate has to be the first",
    "NO_CERTIFICATE_ASSIGNED": "are no pair; the key's own certificate has to be the first",
    "EE_KEY_TOO_SMALL": "are too weak: OpenSSL takes RSA keys from 2048 bits on",
    "CA_KEY_TOO_SMALL": "are too weak: OpenSSL takes RSA keys from 2048 bits on",
    "EE_MD_TOO_WEAK": "are too weak: OpenSSL takes no certificate signed with SHA-1 or MD5",
    "CA_MD_TOO_WEAK": "are too weak: OpenSSL takes no certificate signed with SHA-1 or MD5",
}
UNREADABLE = "are not both PEM, the key without passphrase"
# Python 3.13's defaults: private CAs lack keyUsage, and OpenClaw's Node.js trusts no authority
# without the one that issued it (24.19.0), so a server would be Ready that agents refuse.
PYTHON_ONLY = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What a server is shown that wants it: a certificate with its chain, and its key, in PEM."""

    certificate: str
    key: str = field(repr=False)

    def flaw(self) -> str:
        """Return what keeps TLS from using it, empty if nothing does."""
        try:
            _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), self)
        except ssl.SSLError as error:
            return FLAWS.get(error.reason or "", UNREADABLE)
        return ""


@dataclass(frozen=True, slots=True)
class Trust:
    """How a server's certificate is verified, and what the server is shown."""

    ca_pem: str = ""  # certificates of a private CA; empty for the system's
    server_name: str = ""  # the certificate's name, if it is not the URL's host
    verify: bool = True
    client: ClientCertificate | None = None

    def context(self) -> ssl.SSLContext:
        """Return the TLS context; raises ssl.SSLError when `ca_pem` holds no certificate."""
        return _create_context(self.ca_pem, self.client, verify=self.verify)

    def expired_authorities(self) -> tuple[list[str], bool]:
        """Return on which days certificates of `ca_pem` expired, and whether others have not."""
        if not self.ca_pem:
            return [], True
        authorities = self.context().get_ca_certs()
        ends = [ssl.cert_time_to_seconds(str(authority["notAfter"])) for authority in authorities]
        now = time.time()
        past = sorted(end for end in ends if end < now)
        days = [datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%d") for end in past]
        return days, len(past) < len(ends)


@lru_cache(maxsize=256)
def certificates_in(pem: str) -> str:
    """Return the certificates of a PEM text, and nothing else that it may hold; empty where one
    cannot be read."""
    certificates = "".join(f"{block}\n" for block in CERTIFICATE.findall(pem))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificates)
    except (ValueError, ssl.SSLError):  # of none, and of one that is damaged
        return ""
    return certificates


@lru_cache(maxsize=1024)
def _create_context(
    ca_pem: str, client: ClientCertificate | None, *, verify: bool
) -> ssl.SSLContext:
    """Create a context, each once: 15 KiB with one CA, 786 KiB with the system's (measured)."""
    ascii_only = ca_pem.encode("ascii", "ignore").decode()  # bundles have comments in any script
    if ca_pem and not ascii_only:
        raise ssl.SSLError("no certificate in the bundle")
    context = ssl.create_default_context(cadata=ascii_only or None)
    context.verify_flags &= ~PYTHON_ONLY
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if client is not None:
        _load(context, client)
    return context


def _load(context: ssl.SSLContext, client: ClientCertificate) -> None:
    with _file(client.certificate) as certificate, _file(client.key) as key:
        context.load_cert_chain(certificate, key, password="")  # none: it would be asked for


@contextmanager
def _file(text: str) -> Iterator[str]:
    """Yield the path of a file with this text, since ssl reads keys from files only.

    On Linux it is in memory and has no name; elsewhere, where only the command line runs, it is a
    temporary file that only its user can read.
    """
    has_memory = hasattr(os, "memfd_create")
    with os.fdopen(os.memfd_create("pem"), "wb") if has_memory else NamedTemporaryFile() as file:
        file.write(text.encode("latin-1", "replace"))
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}" if has_memory else str(file.name)
