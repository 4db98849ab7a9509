#!/usr/bin/env bash
# vllm-router 0.1.17 with two workers of different models: it lists the model of the first of its
# --worker-urls alone, ten times of ten, and sends a chat to the next worker whatever the chat's model,
# so that every other one is 404. It answers 405 without `Allow` to OPTIONS of a path that does not
# exist: a 405 does not prove a route.
. "$(dirname "$0")/lib/setup.sh"
install vllm-router==0.1.17
first=$(free_port) second=$(free_port) port=$(free_port) url="http://127.0.0.1:$port"
worker model-one "$first"
worker model-two "$second"
run router.log "$folder/venv/bin/vllm-router" --host 127.0.0.1 --port "$port" --policy round_robin \
  --worker-urls "http://127.0.0.1:$first" "http://127.0.0.1:$second" --prometheus-port "$(free_port)"
wait_for "$url/v1/models" router.log

versions vllm-router
expect "lists of ten questions" "10 model-one" "$(for _ in $(seq 10); do ids "$url"; done | sort | uniq -c | xargs)"
body='{"model": "model-two", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}'
seen=$(for _ in 1 2 3 4; do curl -s -o "$folder/chat" -w '%{http_code}\n' -H 'Content-Type: application/json' -d "$body" "$url/v1/chat/completions"; done | sort -u | xargs)
expect "statuses of four chats with model-two" "200 404" "$seen"
expect "OPTIONS of the chat route" "200 Allow: POST" "$(options "$url/v1/chat/completions")"
expect "OPTIONS of no route" "405" "$(options "$url/v1/nonsense")"
