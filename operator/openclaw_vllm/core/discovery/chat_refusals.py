"""Models that a server lists and that refuse to chat, as the capability probe has found.

Gateways list embedding models with no word of their kind, and answer 404 to a chat request for them
(Dynamo 1.6.1, smg 1.13.0 and vllm-router 0.1.17, measured). A chat model that is just restarting
does the same. So it is a claim like that of a list without the model: one that is published goes
after `removeAfter` refusals in a row, and one that is not is left out from the first on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openclaw_vllm.api.provider import DiscoverySpec


@dataclass(frozen=True, slots=True)
class ChatRefusals:
    """Refusals by model, by the answers to the questions of the capability probe."""

    answers: Mapping[str, int] = field(default_factory=dict)  # in a row, and too few to believe
    believed: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """The models that refused when they were asked last."""
        return self.believed | self.answers.keys()

    def update(self, chats: Mapping[str, bool], remove_after: int) -> "ChatRefusals":
        """Record which models chat and which refuse to; of the others nothing new is known."""
        refusing = (id_ for id_, does in chats.items() if not does and id_ not in self.believed)
        counts = {id_: self.answers.get(id_, 0) + 1 for id_ in refusing}
        silent = {id_: count for id_, count in self.answers.items() if id_ not in chats}
        chatting = {id_ for id_, does in chats.items() if does}
        return ChatRefusals(
            silent | {id_: count for id_, count in counts.items() if count < remove_after},
            self.believed - chatting | {id_ for id_, n in counts.items() if n >= remove_after},
        )

    def of_models(self, ids: frozenset[str]) -> "ChatRefusals":
        """Return what is known of these models."""
        answers = {id_: count for id_, count in self.answers.items() if id_ in ids}
        return ChatRefusals(answers, self.believed & ids)

    def left_out(self, published: frozenset[str]) -> frozenset[str]:
        """Return the models to leave out, where these are published."""
        return self.believed | (self.answers.keys() - published)


def leaves_out_refusals(discovery: DiscoverySpec) -> bool:
    """Return whether a refusal to chat matters: it is asked for, and only chat models count."""
    return discovery.capabilities == "Probe" and set(discovery.kinds) == {"Chat"}
