#!/usr/bin/env bash
# NVIDIA Dynamo 1.6.1: while no chat model is registered, OPTIONS of the chat route is 404 and yet
# carries `Allow: POST`; that of a path that does not exist is 404 without it, and that of the
# embeddings' route 405 with it, though no embedding model is registered either. A client that takes
# 404 for "this server has no such route" is wrong for as long as the only chat worker restarts.
. "$(dirname "$0")/lib/setup.sh"
install uvloop==0.22.1 msgspec==0.20.0 pydantic==2.12.5 prometheus-client==0.23.1 pyzmq==27.1.0 \
  PyYAML==6.0.3 psutil==7.1.3 packaging==25.0
# It wants aisimulate, of which the registry has a stub alone; the frontend runs without it.
install --no-deps ai-dynamo-runtime==1.6.1 ai-dynamo==1.6.1 2>"$folder/pip.log"
port=$(free_port) url="http://127.0.0.1:$port"
export DYN_FILE_KV="$folder/kv"
mkdir "$DYN_FILE_KV"
run frontend.log "$python" -m dynamo.frontend --http-host 127.0.0.1 --http-port "$port" \
  --discovery-backend file --request-plane tcp
wait_for "$url/health" frontend.log

versions "ai-dynamo|ai-dynamo-runtime"
expect "list, without a worker" '{"object":"list","data":[]}' "$(curl -s "$url/v1/models")"
expect "OPTIONS of the chat route" "404 Allow: POST" "$(options "$url/v1/chat/completions")"
expect "OPTIONS of the embeddings' route" "405 Allow: POST" "$(options "$url/v1/embeddings")"
expect "OPTIONS of no route" "404" "$(options "$url/v1/nonsense")"
