"""What agents' defaults can say, and what the real client is to make of it."""

from dataclasses import dataclass, field

from tests.builders import Wire
from tests.conformance.published import Published, publish
from tests.vllm_server import Model

IN_CLUSTER = "http://vllm.models.svc:8000"
FROM_SECRET = {"valueFrom": {"secretKeyRef": {"name": "vllm", "key": "token"}}}
LLAMA, QWEN, CODER = "meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-32B", "Qwen/Qwen3-Coder"
ODD = (
    "x${PLANTED}",
    "/models/tiny",
    "@cf/meta/llama-3.1-8b-instruct",
    "qwen3-8b@q8_0",
    'say "hi", it\'s \\ 50 %',
    "日本/é🦙:q4#1",
)
PLANTED = "planted-value"  # nobody but the server it is for gets to see it
BASE = """// what the user had before
{
  gateway: {mode: 'local'},
  models: {providers: {other: {baseUrl: 'http://10.0.0.9/v1', apiKey: 'x', models: []}}},
  agents: {defaults: {workspace: '~/notes', models: {'other/m': {alias: 'theirs'}}}},
}
"""


@dataclass(frozen=True)
class Configuration:
    """A spec, what its server lists, the variables that an agent's pod sets; and what the client
    is to make of it, in the words of `openclaw models status --json`."""

    spec: Wire
    served: tuple[Model, ...]
    base: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    default: str = ""
    fallbacks: tuple[str, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()

    def published(self) -> Published:
        return publish(self.spec, self.served, base=self.base)


CONFIGURATIONS = {
    "all about agents": Configuration(
        {
            "baseUrl": IN_CLUSTER,
            "providerId": "vllm-team-a",
            "auth": {"apiKeyEnv": "TEAM_KEY"},
            "headers": [
                {"name": "X-Tenant", "value": "team a"},
                {"name": "X-Token", "env": "TEAM_TOKEN", **FROM_SECRET},
            ],
            "modelDefaults": {"cost": {"input": 0.5, "output": 2}, "params": {"top_p": 0.9}},
            "modelOverrides": [
                {
                    "match": "Qwen/*",
                    "name": "Qwen",
                    "reasoning": True,
                    "input": ["text", "image"],
                    "maxTokens": 16384,
                    "compat": {"thinkingFormat": "qwen-chat-template", "supportsTools": False},
                    "params": {"temperature": 0.2, "chat_template_kwargs": {"a": "${TEAM_KEY}"}},
                }
            ],
            "agents": {
                "primary": ["nothing", "Qwen/*-32B", "*"],
                "fallbacks": ["meta-llama/*", "adapter"],
                "aliases": {"coder": "Qwen/*Coder*", "llama": "meta-llama/*"},
                "allow": "Discovered",
            },
        },
        (Model(LLAMA, 131072), Model(QWEN, 40960), Model(CODER, 262144), Model("adapter", 0, QWEN)),
        environment={"TEAM_KEY": PLANTED, "TEAM_TOKEN": PLANTED},
        default=f"vllm-team-a/{QWEN}",
        fallbacks=(f"vllm-team-a/{LLAMA}", "vllm-team-a/adapter"),
        aliases={"coder": f"vllm-team-a/{CODER}", "llama": f"vllm-team-a/{LLAMA}"},
        allowed=tuple(f"vllm-team-a/{id_}" for id_ in (QWEN, CODER, "adapter", LLAMA)),
    ),
    "ids that need care": Configuration(
        {
            "baseUrl": IN_CLUSTER,
            "agents": {
                "primary": ["x*"],
                "fallbacks": ["*"],
                "aliases": {"odd": "x*", "path": "/models/*"},
                "allow": "Discovered",
            },
        },
        tuple(Model(id_, 32768) for id_ in ODD),
        environment={"PLANTED": PLANTED},
        default="vllm/x${PLANTED}",
        fallbacks=tuple(f"vllm/{id_}" for id_ in ODD[1:]),
        aliases={"odd": "vllm/x${PLANTED}", "path": "vllm//models/tiny"},
        allowed=tuple(f"vllm/{id_}" for id_ in ODD),
    ),
    "beside a configuration of the user": Configuration(
        {"baseUrl": IN_CLUSTER, "agents": {"primary": ["*"], "aliases": {"ours": "*"}}},
        (Model(LLAMA, 131072), Model(QWEN, 40960)),
        base=BASE,
        default=f"vllm/{QWEN}",
        aliases={"ours": f"vllm/{QWEN}", "theirs": "other/m"},
    ),
}
