#!/usr/bin/env bash
# smg 1.13.0 in front of a vLLM worker: its /v1/models has lost the worker's max_model_len, which its own
# /workers has under another name, and OPTIONS says 405 with `Allow` to the route of embeddings too,
# although the worker has none.
. "$(dirname "$0")/lib/setup.sh"
install smg==1.13.0
worker_port=$(free_port) port=$(free_port) url="http://127.0.0.1:$port"
worker Qwen/Qwen3-8B "$worker_port"
run smg.log "$folder/venv/bin/smg" launch --host 127.0.0.1 --port "$port" \
  --worker-urls "http://127.0.0.1:$worker_port" --prometheus-port "$(free_port)"
wait_for "$url/v1/models" smg.log

field() { # URL NAME: the field, wherever it is in the answer
  curl -s "$1" | python3 -c 'import json, re, sys; print(*re.findall(rf"\"{sys.argv[1]}\": (\d+)", json.dumps(json.load(sys.stdin))) or ["none"])' "$2"
}

versions smg
expect "max_model_len in the worker's list" "40960" "$(field "http://127.0.0.1:$worker_port/v1/models" max_model_len)"
expect "max_model_len in the gateway's list" "none" "$(field "$url/v1/models" max_model_len)"
expect "context_length in the gateway's list" "none" "$(field "$url/v1/models" context_length)"
expect "context_length in its /workers" "40960" "$(field "$url/workers" context_length)"
expect "OPTIONS of embeddings, which the worker does not have" "405 Allow: POST" "$(options "$url/v1/embeddings")"
expect "OPTIONS of no route" "404" "$(options "$url/v1/nonsense")"
