"""Replies of the API server as values: an object, a Problem, or one of three exceptions.

Rejections differ in reason and causes of the Status. Its message may contain any name, so that only
the first words of one tell anything, and those only where there are neither.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import CustomObject
from openclaw_vllm.api.problem import Problem

OUTDATED = ("Conflict", "AlreadyExists")  # reasons
NAMESPACE_TERMINATING = "NamespaceTerminating"  # a cause: the namespace is being deleted
# How the API server begins a message about what it was sent, where the Status has neither a reason
# nor causes: a 500 for an apply with an unknown field, and a webhook's own code (1.37.2).
ABOUT_THE_REQUEST = ("admission webhook ", "failed to convert ", "failed to create typed ")

Json = dict[str, Any]
AnyCustomObject = CustomObject[Any, Any]
AnyObject = TypeVar("AnyObject", bound=AnyCustomObject)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: its status code, its JSON, and how many bytes that took."""

    code: int
    body: Json
    size: int = 0

    @property
    def message(self) -> str:
        """The message of a Status object; empty without one."""
        return str(self.body.get("message", ""))

    @property
    def causes(self) -> tuple[tuple[str, str], ...]:
        """Reason and field of each cause in a Status object."""
        details = self.body.get("details")
        causes = (details.get("causes") or ()) if isinstance(details, dict) else ()
        return tuple((cause.get("reason", ""), cause.get("field", "")) for cause in causes)

    @property
    def is_about_the_request(self) -> bool:
        """Whether the content of the request was refused: sent again, it is refused again.

        A cause names the field; without one, the first words of the message tell. What follows
        them may contain any name, and an API server in trouble mostly gives no reason either.
        """
        return any(field for _, field in self.causes) or self.message.startswith(ABOUT_THE_REQUEST)

    @property
    def namespace_terminates(self) -> bool:
        """Whether a write was refused because its namespace is being deleted."""
        return any(reason == NAMESPACE_TERMINATING for reason, _ in self.causes)


class Rejected(Exception):
    """The API server rejected a write; the message is its own."""


class Forbidden(Rejected):
    """The operator has no right to the write, or a quota or a policy is against it."""


class NotFound(Exception):
    """The object does not exist any more, or another one has its name."""


class Conflict(Exception):
    """The object has changed since it was read; a watch event is about to follow."""


def is_outdated(reply: Reply) -> bool:
    """Return whether a write lost a race; a 409 of a gateway or of a webhook has no reason."""
    if reply.code != HTTPStatus.CONFLICT or reply.is_about_the_request:
        return False
    return reply.body.get("reason", "") in ("", *OUTDATED)


def read_current(obj: AnyObject, reply: Reply, action: str) -> AnyObject:
    """Return the object of a reply; raises NotFound, Conflict or Rejected, which names `action`."""
    if reply.code == HTTPStatus.NOT_FOUND:
        raise NotFound(f"{obj.KIND} {obj.key} is gone")
    if reply.code == HTTPStatus.CONFLICT:
        raise Conflict(f"{obj.KIND} {obj.key} has changed")
    return obj.read(require_success(reply, f"{action} {obj.key}"))


def require_success(reply: Reply, action: str) -> dict[str, Any]:
    """Return the body of a good reply; raises Rejected, or Forbidden, which names `action`."""
    if reply.code not in (HTTPStatus.OK, HTTPStatus.CREATED):
        rejection = Forbidden if reply.code == HTTPStatus.FORBIDDEN else Rejected
        raise rejection(f"{action}: {reply.code} {reply.message}")
    return reply.body


def read_problem(reply: Reply, kind: str, key: ObjectKey, reason: Reason) -> Problem | None:
    """Return the Problem of a read that a person has to allow or to make possible."""
    if reply.code == HTTPStatus.NOT_FOUND:
        message = f"{kind} {key.name} does not exist in namespace {key.namespace}; create it"
        return Problem(reason, message)
    if reply.code == HTTPStatus.FORBIDDEN:
        message = f"{kind} {key.name} in namespace {key.namespace} may not be read by the operator"
        return Problem(reason, f"{message}; grant it get on {kind.lower()}s there")
    return None
