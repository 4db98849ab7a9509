"""The moments at which a pod that serves a model is ready, its slice says so, and it is published.

Each is when a watch of this machine has shown it, in seconds of the monotonic clock.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.cluster.streams import Stream
from tests.cluster.world import World

WITHIN = 60.0  # seconds
PODS = (
    '{.metadata.name} {.spec.containers[0].command} {.status.conditions[?(@.type=="Ready")].status}'
)
SLICES = "{.endpoints}"
MODELS = r"{.data.models\.json}"


@dataclass(frozen=True)
class Arrival:
    """When a model arrived: with a ready pod, in an EndpointSlice, and in the ConfigMap."""

    ready: float
    in_slice: float
    published: float


@dataclass(frozen=True)
class Moments:
    """Watches of a Deployment's pods, its Service's slices, and what is published for it."""

    pods: Stream
    slices: Stream
    config_map: Stream

    def arrival(self, model: str, since: float) -> Arrival:
        """Wait until a new model is published."""
        pod = self.pods.first(
            lambda line: f"--model={model}" in line and line.endswith("True"), since, WITHIN
        )
        name, _, _ = pod.text.partition(" ")
        in_slice = self.slices.first(lambda line: has_ready(name, line), since, WITHIN)
        published = self.config_map.first(lambda line: f'"{model}"' in line, since, WITHIN)
        return Arrival(pod.at, in_slice.at, published.at)


def has_ready(pod: str, endpoints: str) -> bool:
    """Return whether the pod is ready, by the endpoints of a slice as kubectl prints them."""
    present = json.loads(endpoints or "null") or []
    return any(one["targetRef"]["name"] == pod and one["conditions"]["ready"] for one in present)


@contextmanager
def moments(here: World, name: str) -> Iterator[Moments]:
    """Watch what has this name among the agents."""

    def watch(path: str, *what: str) -> tuple[str, ...]:
        return ("get", "-n", here.agents, "--watch", "-o", f'jsonpath={path}{{"\\n"}}', *what)

    pods = watch(PODS, "pods", f"--selector=app={name}")
    slices = watch(SLICES, "endpointslices", f"--selector=kubernetes.io/service-name={name}")
    config_map = watch(MODELS, f"configmap/{name}-openclaw")
    with (
        here.cluster.stream(*pods) as of_pods,
        here.cluster.stream(*slices) as of_slices,
        here.cluster.stream(*config_map) as of_config_map,
    ):
        yield Moments(of_pods, of_slices, of_config_map)
