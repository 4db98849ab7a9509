#!/usr/bin/env bash
# OpenClaw 2026.9.6 takes `params` of a model's row and a header Authorization of its provider, and sends neither;
# its other headers go with an agent's turn, and so do the params that stand in agents.defaults.models.
. "$(dirname "$0")/lib/setup.sh"
install_openclaw 2026.9.6
port=$(free_port) url="http://127.0.0.1:$port"
cat >"$folder/server.py" <<'PYTHON'
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        shown = [self.headers.get("Authorization"), self.headers.get("X-Team"), body.get("top_k"), body.get("temperature")]
        with open(sys.argv[2], "w") as file:
            print(*shown, file=file)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for delta, reason in (({"role": "assistant", "content": "Hi"}, None), ({}, "stop")):
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
    def log_message(self, *_):
        pass
HTTPServer(("127.0.0.1", int(sys.argv[1])), Server).serve_forever()
PYTHON
run server.log python3 "$folder/server.py" "$port" "$folder/request"
wait_for "$url" server.log
cat >"$settings/openclaw.json" <<JSON
{"gateway": {"mode": "local"},
 "models": {"providers": {"vllm": {"baseUrl": "$url/v1", "api": "openai-completions",
   "headers": {"Authorization": "Bearer header", "X-Team": "a"},
   "models": [{"id": "m", "name": "m", "contextWindow": 32768, "params": {"top_k": 7}}]}}},
 "agents": {"defaults": {"model": {"primary": "vllm/m"}, "models": {"vllm/m": {"params": {"temperature": 0.25}}}}}}
JSON

openclaw --version
expect "validate" "Config valid: ~/.openclaw/openclaw.json" "$(openclaw config validate)"
openclaw agent --local --agent main --message Hi >"$folder/turn" 2>&1
expect "Authorization, X-Team, top_k of the row, temperature of the defaults" "None a None 0.25" "$(cat "$folder/request")"
