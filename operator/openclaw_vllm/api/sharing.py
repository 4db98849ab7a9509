"""Equal values of many objects, kept once.

Objects made from one template have equal sections and texts, and a cache holds thousands of them.
"""

import sys
from hashlib import sha256
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from pydantic import AfterValidator

from openclaw_vllm.api.fields import WireModel

Section = TypeVar("Section", bound=WireModel)

_sections: WeakValueDictionary[tuple[type[WireModel], bytes], Any] = WeakValueDictionary()


def share(section: Section) -> Section:
    """Return the section that is kept of those that say the same, this one if it is the first.

    Sections are frozen. One that leaves a default out is another than one that writes it.
    """
    text = section.model_dump_json(exclude_unset=True)
    shared: Section = _sections.setdefault((type(section), sha256(text.encode()).digest()), section)
    return shared


SharedText = AfterValidator(sys.intern)
SharedSection = AfterValidator(share)
