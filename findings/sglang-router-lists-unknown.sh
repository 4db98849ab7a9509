#!/usr/bin/env bash
# sglang-router 0.3.2 in front of a vLLM worker: its list holds the one id `unknown`, as text/plain,
# and a chat with that id answers 404; a chat with the worker's id, which is not listed, works.
. "$(dirname "$0")/lib/setup.sh"
install sglang-router==0.3.2
worker_port=$(free_port) port=$(free_port) url="http://127.0.0.1:$port"
worker Qwen/Qwen3-8B "$worker_port"
run router.log "$python" -m sglang_router.launch_router --host 127.0.0.1 --port "$port" \
  --worker-urls "http://127.0.0.1:$worker_port" --prometheus-port "$(free_port)"
wait_for "$url/v1/models" router.log

chat() {
  curl -s -o "$folder/chat" -w '%{http_code}' -H 'Content-Type: application/json' \
    -d "{\"model\": \"$1\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"max_tokens\": 1}" "$url/v1/chat/completions"
}

versions sglang-router
expect "ids that the worker lists" "Qwen/Qwen3-8B" "$(ids "http://127.0.0.1:$worker_port")"
expect "ids that the router lists" "unknown" "$(ids "$url")"
expect "type of that list" "text/plain; charset=utf-8" "$(curl -s -o "$folder/list" -w '%{content_type}' "$url/v1/models")"
expect "chat with the id that is listed" "404" "$(chat unknown)"
expect "chat with the worker's id" "200" "$(chat Qwen/Qwen3-8B)"
