#!/usr/bin/env bash
# LitServe 0.2.19 with its OpenAISpec has no list of models (404), says 200 without `Allow` to OPTIONS of
# its chat route, and answers a chat with any model's name: nothing tells which models it serves.
. "$(dirname "$0")/lib/setup.sh"
install litserve==0.2.19
port=$(free_port) url="http://127.0.0.1:$port"
cat >"$folder/server.py" <<'PYTHON'
import sys
import litserve
class Api(litserve.LitAPI):
    def setup(self, device):
        pass
    def predict(self, prompt):
        yield "."
if __name__ == "__main__":
    server = litserve.LitServer(Api(spec=litserve.OpenAISpec()), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
PYTHON
run server.log "$python" "$folder/server.py" "$port"
wait_for "$url/health" server.log

versions litserve
expect "GET of the list" "404" "$(curl -s -o "$folder/list" -w '%{http_code}' "$url/v1/models")"
expect "OPTIONS of the chat route" "200" "$(options "$url/v1/chat/completions")"
expect "OPTIONS of no route" "404" "$(options "$url/v1/nonsense")"
body='{"model": "no-such-model", "messages": [{"role": "user", "content": "Hi"}]}'
expect "chat with a model of any name" "200" "$(curl -s -o "$folder/chat" -w '%{http_code}' -H 'Content-Type: application/json' -d "$body" "$url/v1/chat/completions")"
