"""TLS trust settings of a server, and the contexts that apply them."""

import ssl
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Trust:
    """How a server's certificate is verified."""

    ca_pem: str = ""  # certificates of a private CA; empty for the system's
    server_name: str = ""  # the certificate's name, if it is not the URL's host
    verify: bool = True

    def context(self) -> ssl.SSLContext:
        """Return the TLS context; raises ssl.SSLError when `ca_pem` holds no certificate."""
        return _create_context(self.ca_pem, verify=self.verify)


@lru_cache(maxsize=1024)
def _create_context(ca_pem: str, *, verify: bool) -> ssl.SSLContext:
    """Create a context, each once: 15 KiB with one CA, 786 KiB with the system's (measured)."""
    ascii_only = ca_pem.encode("ascii", "ignore").decode()  # bundles have comments in any script
    if ca_pem and not ascii_only:
        raise ssl.SSLError("no certificate in the bundle")
    context = ssl.create_default_context(cadata=ascii_only or None)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # 3.13's default; private CAs lack keyUsage
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
