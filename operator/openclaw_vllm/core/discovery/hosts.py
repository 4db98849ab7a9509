"""Validation of host names, before any is resolved.

The CRD's rules and the system's resolver accept hosts that clients refuse (measured):
`010.010.010.010` is 8.8.8.8 to getaddrinfo and an error to httpx, `.example.com` one to ssl, and
`xn--0.com` one to OpenClaw's URL parser, though it may well have an address.
"""

import re
from ipaddress import IPv4Address, IPv6Address

FOUR_NUMBERS = re.compile(r"[0-9]+([.][0-9]+){3}")
LONGEST_LABEL, LONGEST_NAME = 63, 253  # characters, RFC 1035
PUNYCODE = "xn--"  # begins a label that encodes other scripts, RFC 5890


def flaw_of(host: str) -> str | None:
    """Return what a host has to be instead, as the end of "has to ..."; None for a valid one.

    `host` is a name or an address in lower case, an IPv6 address without its brackets.
    """
    labels = host.removesuffix(".").split(".")
    if ":" in host:
        return (
            None if _is_valid(IPv6Address, host) else "be a whole IPv6 address, such as [fd00::7]"
        )
    if FOUR_NUMBERS.fullmatch(host):
        problem = "be four numbers from 0 to 255 without leading zeros, such as 10.0.0.7"
        return None if _is_valid(IPv4Address, host) else problem
    if not all(0 < len(label) <= LONGEST_LABEL for label in labels):
        return f"have 1 to {LONGEST_LABEL} characters before, between and after its dots"
    if len(host.removesuffix(".")) > LONGEST_NAME:
        return f"have {LONGEST_NAME} characters at most"
    if not all(_is_decodable(label) for label in labels if label.startswith(PUNYCODE)):
        return f"have the Punycode of a name after {PUNYCODE}"
    return None


def _is_valid(kind: type[IPv4Address | IPv6Address], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _is_decodable(label: str) -> bool:
    encoded = label.removeprefix(PUNYCODE)
    try:
        return encoded.encode("ascii").decode("punycode") != ""
    except UnicodeError:
        return False
