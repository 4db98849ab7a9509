"""Asks the real kstatus, by which Flux, Helm and `kubectl`'s successors wait, about objects.

Its modules are of the control plane's versions, so Go compiles most of them only once.
"""

import json
import subprocess
from pathlib import Path

from tests.controlplane.go_program import GoProgram

PROGRAM = GoProgram(
    "kstatus",
    Path(__file__).parent,
    "half a minute on 2 cores the first time, two when Go has nothing cached",
)

Object = dict[str, object]


def statuses(objects: list[Object]) -> list[str]:
    """Return kstatus' word for each object: Current, InProgress, Failed or Terminating."""
    answer = subprocess.run(
        [PROGRAM.ensure()], input=json.dumps(objects), capture_output=True, text=True, check=True
    )
    result: list[str] = json.loads(answer.stdout)
    return result
