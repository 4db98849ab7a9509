#!/usr/bin/env bash
# OpenClaw 2026.9.6: setting a port writes the first model of an included file into the user's own file, as
# agents.defaults.model.primary. That copy stays when the included list changes, and names a model that is gone.
. "$(dirname "$0")/lib/setup.sh"
install_openclaw 2026.9.6
list() { # MODEL...: rows that the included file has
  for id in "$@"; do printf '{"id": "%s", "name": "%s"}\n' "$id" "$id"; done | paste -sd,
}
include() {
  echo '{"providers": {"vllm": {"baseUrl": "http://127.0.0.1:8000/v1", "apiKey": "none", "api": "openai-completions", "models": ['"$(list "$@")"']}}}' >"$settings/models.json"
}
include first second
echo '{"gateway": {"mode": "local"}, "models": {"$include": "./models.json"}}' >"$settings/openclaw.json"

openclaw --version
openclaw config set gateway.port 18999
expect "the primary model in the user's file" "vllm/first" \
  "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["agents"]["defaults"]["model"]["primary"])' "$settings/openclaw.json")"
include second
expect "the primary model once the list is another" "vllm/first" "$(openclaw config get agents.defaults.model.primary)"
