"""Confirmation of answers soon after the replicas of a Service changed, until one is confirmed.

A node's routes follow EndpointSlices late: to a new replica moments after the slice names it, away
from a former one about a second later (kube-proxy writes them once a second, `minSyncPeriod`). So
the first question may be refused, be answered by a former replica, or be sent to one that is gone
and get no answer at all (3 s were lost so, measured). It is asked a few times again.
"""

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.ids import ModelList
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.server import ServerState

ROUTED_CONNECT_TIMEOUT = 0.5  # seconds; a replica that is there accepts within milliseconds
NO_ROUTE = frozenset((Reason.CONNECTION_FAILED, Reason.TIMED_OUT))


def is_inconclusive(answer: ModelList | Problem, server: ServerState) -> bool:
    """Return whether an answer is to be left aside.

    So is a failed connection while confirmations follow, unless no answer was ever good, and a
    confirmation that lists nothing new: what a former replica does not list is not missing.
    """
    discovery, schedule = server.discovery, server.schedule
    if isinstance(answer, Problem):
        waits = discovery.has_good_answer or server.is_asleep
        return schedule.confirmations > 0 and answer.reason in NO_ROUTE and waits
    return schedule.is_confirmation and discovery.problem is None and not _is_news(answer, server)


def _is_news(answer: ModelList, server: ServerState) -> bool:
    """Return whether an answer lists a new model, or a smaller number of one that is served."""
    retained = server.discovery.retained
    served = retained.served if retained else {}
    return any(
        model.id not in served or _is_smaller(model, served[model.id]) for model in answer.models
    )


def _is_smaller(model: ServedModel, served: ServedModel) -> bool:
    pairs = ((model.context, served.context), (model.max_output, served.max_output))
    return any(now is not None and (old is None or now < old) for now, old in pairs)
