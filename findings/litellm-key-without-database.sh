#!/usr/bin/env bash
# LiteLLM 1.108.7 with a master key and without a database: the list is 500 to no key and 400 to a
# wrong one, where OpenAI's API says 401 to both. So a 5xx need not mean that a server is in trouble.
. "$(dirname "$0")/lib/setup.sh"
install 'litellm[proxy]==1.108.7'
port=$(free_port) url="http://127.0.0.1:$port"
cat >"$folder/config.yaml" <<'YAML'
model_list:
- model_name: qwen
  litellm_params: {model: hosted_vllm/Qwen/Qwen3-8B, api_base: "http://127.0.0.1:9/v1", api_key: none}
  model_info: {mode: chat, max_input_tokens: 32768, max_output_tokens: 4096}
general_settings: {master_key: sk-right}
YAML
export LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_TELEMETRY=False
run proxy.log "$folder/venv/bin/litellm" --config "$folder/config.yaml" --host 127.0.0.1 --port "$port"
wait_for "$url/health/liveliness" proxy.log

list() { curl -s -o "$folder/list" -w '%{http_code}' "$@" "$url/v1/models"; }

versions litellm
expect "list with the right key" "200" "$(list -H 'Authorization: Bearer sk-right')"
expect "list with a wrong key" "400" "$(list -H 'Authorization: Bearer sk-wrong')"
expect "list without a key" "500" "$(list)"
