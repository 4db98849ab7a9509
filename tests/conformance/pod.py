"""The pod of a manifest, laid out in a folder, as far as OpenClaw sees it.

Volumes are where the manifest mounts them, ConfigMaps as the kubelet shows them, and the command
lines of init containers are run as they stand, with the folder before every path of a volume.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.install import Installation
from tests.conformance.openclaw import Agent
from tests.conformance.volume import ConfigMapVolume

Json = dict[str, Any]
Data = Mapping[str, Mapping[str, str]]  # by the object's name


@dataclass(frozen=True)
class Pod:
    """`root` stands for the file system; a volume has one path, the same in every container."""

    root: Path
    spec: Json
    config_maps: Data
    secrets: Data

    def start(self, installation: Installation) -> Agent:
        """Mount, run the init containers, and return the agent that the first container is."""
        for container in self.spec.get("initContainers", []):
            self._mount(container)
            self._run(container)
        container = self.spec["containers"][0]
        self._mount(container)
        environment = self._environment(container)
        return Agent(installation, Path(environment["HOME"]), environment)

    def restart(self) -> None:
        """Run the init containers again, as a new pod on the same volumes does."""
        for container in self.spec.get("initContainers", []):
            self._run(container)

    def _mount(self, container: Json) -> None:
        for mount in container["volumeMounts"]:
            volume = next(v for v in self.spec["volumes"] if v["name"] == mount["name"])
            folder = Path(self._inside(mount["mountPath"]))
            if "configMap" not in volume:
                folder.mkdir(parents=True, exist_ok=True)
                continue
            if folder.exists():
                folder.rmdir()  # what is mounted there hides it, and it has to be empty
            ConfigMapVolume(folder, self.config_maps[volume["configMap"]["name"]])

    def _run(self, container: Json) -> None:
        words = [*container["command"], *container.get("args", [])]
        command = [self._inside(word) for word in words]
        process = subprocess.run(command, check=False, capture_output=True, text=True)
        assert process.returncode == 0, process.stderr

    def _environment(self, container: Json) -> dict[str, str]:
        return {variable["name"]: self._value(variable) for variable in container["env"]}

    def _value(self, variable: Json) -> str:
        if "value" in variable:
            return self._inside(variable["value"])
        reference = variable["valueFrom"]["secretKeyRef"]
        return self.secrets[reference["name"]][reference["key"]]

    def _inside(self, text: str) -> str:
        """Write the folder before every path of a volume."""
        containers = [*self.spec.get("initContainers", []), *self.spec["containers"]]
        paths = {mount["mountPath"] for item in containers for mount in item["volumeMounts"]}
        longest_first = "|".join(map(re.escape, sorted(paths, key=len, reverse=True)))
        return re.sub(rf"(?:{longest_first})\b", lambda item: f"{self.root}{item[0]}", text)
