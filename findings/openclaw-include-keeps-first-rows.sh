#!/usr/bin/env bash
# OpenClaw 2026.9.6: where two included files have one provider, the later one's URL goes with the earlier one's
# models: arrays are joined, of two rows with one id the first stays, and of two plain values the last.
. "$(dirname "$0")/lib/setup.sh"
install_openclaw 2026.9.6
entry() { # HOST CONTEXT
  echo '{"providers": {"vllm": {"baseUrl": "http://'"$1"':8000/v1", "apiKey": "none", "api": "openai-completions", "models": [{"id": "m", "name": "m", "contextWindow": '"$2"'}]}}}'
}
entry earlier 1000 >"$settings/earlier.json"
entry later 2000 >"$settings/later.json"
echo '{"models": {"$include": ["./earlier.json", "./later.json"]}}' >"$settings/openclaw.json"

openclaw --version
expect "validate" "Config valid: ~/.openclaw/openclaw.json" "$(openclaw config validate)"
expect "the URL" "http://later:8000/v1" "$(openclaw config get models.providers.vllm.baseUrl)"
expect "the context of its model" "1000" "$(openclaw config get models.providers.vllm.models.0.contextWindow)"
