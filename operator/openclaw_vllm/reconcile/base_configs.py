"""Base configurations, parsed once each however many objects use them."""

import asyncio
from collections import OrderedDict

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.base_config import Base, parse

MAX_TEXTS = 1024


class BaseConfigs:
    """A cache keyed by the text."""

    def __init__(self) -> None:
        self._parsed: OrderedDict[str, Base | Problem] = OrderedDict()

    async def parse(self, text: str | Problem | None) -> Base | Problem | None:
        """Parse a text; a new one off the event loop, since JSON5 is slow."""
        if text is None or isinstance(text, Problem):
            return text
        if text not in self._parsed:
            self._parsed[text] = await asyncio.to_thread(parse, text)
        self._parsed.move_to_end(text)
        parsed = self._parsed[text]
        if len(self._parsed) > MAX_TEXTS:
            self._parsed.popitem(last=False)
        return parsed
