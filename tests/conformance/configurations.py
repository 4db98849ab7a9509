"""The configurations that the real client judges command by command: one of each kind of use."""

from dataclasses import dataclass, field

from tests.builders import Wire
from tests.certificates import Authority
from tests.conformance.published import Published, publish
from tests.vllm_server import Model

IN_CLUSTER = "http://vllm.models.svc:8000"
FROM_SECRET = {"valueFrom": {"secretKeyRef": {"name": "vllm", "key": "token"}}}
LLAMA, QWEN, CODER = "meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-32B", "Qwen/Qwen3-Coder"
ODD = ("x${PLANTED}", "/models/tiny", 'say "hi", it\'s \\ 50 %', "日本/é🦙:q4#1")
PLANTED = "planted-value"  # nobody but the server it is for gets to see it
BASE = """// what the user had before
{
  gateway: {mode: 'local'},
  models: {providers: {other: {baseUrl: 'http://10.0.0.9/v1', apiKey: 'x', models: []}}},
  agents: {defaults: {workspace: '~/work', models: {'other/m': {alias: 'theirs'}}}},
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
        ca_pem = Authority.create().pem if "tls" in self.spec else ""
        return publish(self.spec, self.served, ca_pem=ca_pem, base=self.base)


CONFIGURATIONS = {
    "as little as possible": Configuration(
        {"serviceRef": {"name": "vllm"}},
        (Model(QWEN, 40960),),
        default=f"vllm/{QWEN}",  # OpenClaw's own choice: there is no other model
    ),
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
    "over TLS": Configuration(
        {
            "baseUrl": "https://10.0.0.7:8443/openai",
            "tls": {"serverName": "vllm.example.com", "caBundleRef": {"name": "corp-ca"}},
            "modelDefaults": {"contextWindow": 65536},
            "agents": {"primary": ["*"]},
        },
        (Model(LLAMA, 131072),),
        default=f"vllm/{LLAMA}",
    ),
    "beside a configuration of the user": Configuration(
        {"baseUrl": IN_CLUSTER, "agents": {"primary": ["*"], "aliases": {"ours": "*"}}},
        (Model(LLAMA, 131072), Model(QWEN, 40960)),
        base=BASE,
        default=f"vllm/{QWEN}",
        aliases={"ours": f"vllm/{QWEN}", "theirs": "other/m"},
    ),
}
