"""Catalogs, and what they draw on, for tests: whole and valid, as in `tests/builders`."""

from typing import Any

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.namespace import Namespace
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.service import Service
from openclaw_vllm.core.catalog.sources import SHARE
from openclaw_vllm.core.catalog.targets import manifest_of
from openclaw_vllm.core.config.documents import Documents
from tests import builders
from tests.builders import Wire

MODELS = {"matchLabels": {"tier": "models"}}
SHARED = {"matchLabels": {SHARE: "true"}}
SUCCEEDED = {"reason": "Succeeded", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
WELL: Wire = {
    "observedGeneration": 1,
    "conditions": [{"type": "ConfigPublished", "status": "True", **SUCCEEDED}],
}
AGENTS = {"matchLabels": {"openclaw": "enabled"}}


def wire_spec(**fields: Any) -> Wire:
    """Every shared VllmProvider of the namespaces with models, to the namespaces of agents."""
    sources = [{"providers": {"namespaceSelector": MODELS, "selector": SHARED}}]
    return {"sources": sources, "target": {"namespaceSelector": AGENTS}} | fields


def catalog(spec: Wire | None = None, status: Wire | None = None, **metadata: Any) -> VllmCatalog:
    fields = builders.manifest(**{"name": "fleet", "uid": "catalog-1", **metadata})["metadata"]
    del fields["namespace"]
    return VllmCatalog.read(
        {"metadata": fields, "spec": spec or wire_spec(), "status": status or {}}
    )


def spec_of(catalog: VllmCatalog) -> VllmCatalogSpec:
    assert not isinstance(catalog.spec, Problem), catalog.spec
    return catalog.spec


def namespace(name: str, **labels: str) -> Namespace:
    return Namespace(name, labels)


def provider(namespace: str, name: str, spec: Wire | None = None, **metadata: Any) -> VllmProvider:
    """A VllmProvider that its owner shares."""
    labels = {"labels": {SHARE: "true"}, "uid": f"{namespace}-{name}"}
    return builders.resource(spec, namespace=namespace, name=name, **{**labels, **metadata})


def service(**annotations: str) -> Service:
    """A Service that its owner shares."""
    notes = {f"openclaw-vllm.dev/{name.replace('_', '-')}": v for name, v in annotations.items()}
    ports = (("http", 8000), ("second", 8001))
    return Service("ClusterIP", ports, "service-1", "2026-01-01", {SHARE: "true"}, notes)


def published(catalog: VllmCatalog, namespace: str, documents: Documents) -> ConfigMapState:
    """The ConfigMap with these documents that the operator wrote for the catalog."""
    manifest = manifest_of(catalog, namespace, documents, "patterns")
    return ConfigMapState.read(builders.stored(manifest))
