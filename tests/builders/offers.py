"""A team's VllmProvider that has published two models, and what a catalog makes of it."""

from dataclasses import replace
from typing import Any

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.core.catalog.offers import (
    Offer,
    offer_of_provider,
)
from tests import builders
from tests.builders import catalogs as catalog_builders
from tests.builders import served, spec_of

READY = [
    {
        "type": type_,
        "status": "True",
        "reason": "Succeeded",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    for type_ in ("Ready", "ServerReachable")
]
KEYED = {
    "auth": {"apiKeySecretRef": {"name": "key", "key": "k"}, "apiKeyEnv": "AWS_SECRET"},
    "headers": [
        {"name": "X-Static", "value": "team"},
        {
            "name": "X-Secret",
            "valueFrom": {"secretKeyRef": {"name": "header", "key": "h"}},
            "env": "OTHER",
        },
    ],
}


def team(**spec: Any) -> VllmProvider:
    """A VllmProvider that has published two models, and says so."""
    resource = catalog_builders.provider("team-a", "qwen", builders.wire_spec(**spec))
    documents = builders.documents(spec_of(resource), *served("a", "b"))
    config_map = {"name": resource.config_map.name, "digest": documents.digest}
    status = builders.resource(status={"conditions": READY, "configMap": config_map}).status
    return replace(resource, status=status)


def offered(resource: VllmProvider, ids: str = "Qualified", **changes: Any) -> Offer:
    documents = builders.documents(spec_of(resource), *served("a", "b"))
    published = builders.published(resource, documents, **changes)
    return offer_of_provider(resource, published, ids, builders.NAMES)
