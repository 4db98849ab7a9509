"""Kinds that the operator can do without, where it has no right to read them."""

import logging

from openclaw_vllm.controllers.controllers import Controllers
from openclaw_vllm.edges.kube.paths import SLICES
from openclaw_vllm.edges.kube.watches import Watch

WITHOUT_SLICES = (
    "Services are asked at the interval alone, as without EndpointSlices; grant the operator list "
    "and watch on endpointslices of discovery.k8s.io"
)
WITHOUT_PODS = (
    "agents' pods are not refreshed; grant the operator list, watch and patch on pods, as the "
    "chart's mountRefresh.enabled does"
)

logger = logging.getLogger(__name__)


def go_on_without(controllers: Controllers, watch: Watch) -> None:
    """Go on without EndpointSlices or pods: the API server refuses to have them watched."""
    place = f"in namespace {watch.namespace}" if watch.namespace else "in the cluster"
    advice = WITHOUT_SLICES if watch.resource == SLICES else WITHOUT_PODS
    logger.warning("watching %s %s is forbidden: %s", watch.resource, place, advice)
    if watch.resource == SLICES:
        controllers.providers.slices.on_slices_refused(watch.namespace)
    elif controllers.pods is not None:
        controllers.pods.on_pods_refused(watch.namespace)
