"""Names of Services in DNS: `<service>.<namespace>.svc.<domain>`, with the cluster's own domain.

One of type ExternalName leads to any name that its author writes (CVE-2021-25740): only to those
that the administrator allows.

Most clusters have the domain `cluster.local`, and the kubelet writes the one of its cluster into
the search list of every pod (`dnsPolicy: ClusterFirst`).
"""

import re
from dataclasses import dataclass

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.core.discovery.globs import matches_any

DEFAULT_DOMAIN = "cluster.local"
DOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?([.][a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*")
LONGEST_DOMAIN = 120  # characters: with a service and a namespace of 63 each, a name has 253
DOMAIN_FORM = (
    f"write at most {LONGEST_DOMAIN} lower-case letters, digits, - and dots, such as cluster.local"
)


@dataclass(frozen=True, slots=True)
class ServiceNames:
    """The names of Services in a cluster of this domain.

    `any_domain` also takes names of other domains for a Service's: only in URLs that are surely
    ours, since the cluster may have had another domain when they were published.
    """

    domain: str = DEFAULT_DOMAIN
    any_domain: bool = False
    external_globs: tuple[str, ...] = ()  # names that Services of type ExternalName may lead to

    def full_name(self, key: ObjectKey) -> str:
        """Return the name that means this Service in every namespace."""
        return f"{key.name}.{key.namespace}.svc.{self.domain}"

    def is_name_of(self, key: ObjectKey, host: str) -> bool:
        """Return whether the host is the full name of this Service."""
        former = self.any_domain and host.startswith(f"{key.name}.{key.namespace}.svc.")
        return former or host == self.full_name(key)

    def allows(self, external_name: str) -> bool:
        """Return whether a Service of type ExternalName may lead there."""
        return matches_any(self.external_globs, external_name)

    def parse_absolute(self, name: str) -> ObjectKey | None:
        """Parse `<svc>.<ns>.svc.<domain>`, the only form of a Service that a CNAME can have."""
        key = self.parse(name, "")
        return key if key is not None and name == self.full_name(key) else None

    def parse(self, host: str, namespace: str) -> ObjectKey | None:
        """Parse `<svc>`, `<svc>.<own>`, `<svc>.<ns>.svc` and `<svc>.<ns>.svc.<domain>`; None for
        the host of anything else."""
        name = host.removesuffix(".")
        match name.removesuffix(f".{self.domain}").split("."):
            case [service, other, "svc"]:
                return ObjectKey(other, service)
        match name.split("."):
            case [service] if service != "localhost" and ":" not in service:
                return ObjectKey(namespace, service)
            case [service, own] if own == namespace:
                return ObjectKey(own, service)
        return None


def is_domain(text: str) -> bool:
    """Return whether a cluster can have this domain; `svc` before it is no part of it."""
    labels = text.split(".")
    is_address = labels[-1].isdigit()
    return (
        DOMAIN.fullmatch(text) is not None
        and len(text) <= LONGEST_DOMAIN
        and labels[0] != "svc"
        and not is_address
    )


def domain_in_search_list(resolv_conf: str) -> str | None:
    """Return the domain of the first `svc.<domain>` in the text of an /etc/resolv.conf, None
    without one; of several `search` lines the last counts (resolv.conf(5))."""
    lines = [line.split() for line in resolv_conf.splitlines()]
    searches = [words[1:] for words in lines if words[:1] == ["search"]]
    for entry in searches[-1] if searches else []:
        domain = entry.lower().removesuffix(".").removeprefix("svc.")
        if entry.lower().startswith("svc.") and is_domain(domain):
            return domain
    return None
