"""Where the imitated servers are: at one port of many addresses in 127.0.0.0/8."""

from dataclasses import dataclass
from ipaddress import IPv4Address

FIRST = IPv4Address("127.1.0.0")


@dataclass(frozen=True)
class Addresses:
    """Servers 0, 1, 2 ... of one process."""

    port: int

    def base_url(self, number: int) -> str:
        return f"http://{FIRST + number}:{self.port}/v1"


def number_at(address: str) -> int:
    """Return which server has an address."""
    return int(IPv4Address(address)) - int(FIRST)
