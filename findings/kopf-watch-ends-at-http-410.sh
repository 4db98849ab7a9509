#!/usr/bin/env bash
# kopf 1.45.2: a watch that an API server answers with HTTP 410 (Gone: list again) ends the operator,
# while the same 410 as an event of type ERROR in a watch makes it list again and go on.
. "$(dirname "$0")/lib/setup.sh"
install kopf==1.45.2
cat >"$folder/apiserver.py" <<'PYTHON'
import json, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
HOW, PORT = sys.argv[1], int(sys.argv[2])
GONE = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410, "message": "too old resource version"}
VERBS = ["get", "list", "watch", "create", "patch"]
def resource(name, kind, namespaced):
    return {"name": name, "singularName": kind.lower(), "namespaced": namespaced, "kind": kind, "verbs": VERBS}
def group(name):
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}
DOCUMENTS = {
    "/version": {"major": "1", "minor": "34"},
    "/api": {"versions": ["v1"]},
    "/apis": {"groups": [group("example.com"), group("apiextensions.k8s.io")]},
    "/api/v1": {"resources": [resource("namespaces", "Namespace", False), resource("events", "Event", True)]},
    "/apis/apiextensions.k8s.io/v1": {"resources": [resource("customresourcedefinitions", "CustomResourceDefinition", False)]},
    "/apis/example.com/v1": {"resources": [resource("things", "Thing", True)]},
}
watches = 0
class ApiServer(BaseHTTPRequestHandler):
    def answer(self, status, document):
        body = json.dumps(document).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        global watches
        parts = urlsplit(self.path)
        if parts.path in DOCUMENTS:
            return self.answer(200, DOCUMENTS[parts.path])
        is_ours, watched = parts.path.endswith("/things"), "watch" in parse_qs(parts.query)
        if is_ours:
            print("watch" if watched else "list", flush=True)
            watches += watched
        if not watched:
            return self.answer(200, {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": []})
        if is_ours and watches == 1 and HOW == "status":
            return self.answer(410, GONE)
        if is_ours and watches == 1:
            return self.answer(200, {"type": "ERROR", "object": GONE})
        self.send_response(200)
        self.end_headers()
        time.sleep(60)
    def log_message(self, *_):
        pass
ThreadingHTTPServer(("127.0.0.1", PORT), ApiServer).serve_forever()
PYTHON
cat >"$folder/operator.py" <<'PYTHON'
import os
import kopf

@kopf.on.login()
def login(**_):
    return kopf.ConnectionInfo(server=os.environ["SERVER"])

@kopf.on.event("example.com", "v1", "things")
def observe(**_):
    pass
PYTHON

outcome() { # HOW PORT: what the operator asks for within 15 s, and how it ends
  local code=0
  SERVER="http://127.0.0.1:$2" timeout 15 "$folder/venv/bin/kopf" run --standalone --all-namespaces \
    "$folder/operator.py" >"$folder/$1.log" 2>&1 || code=$?
  echo "$(xargs <"$folder/$1.api"), exit code $code"
}

event=$(free_port)
run event.api python3 "$folder/apiserver.py" event "$event"
status=$(free_port)
run status.api python3 "$folder/apiserver.py" status "$status"
wait_for "http://127.0.0.1:$event/version" event.api
wait_for "http://127.0.0.1:$status/version" status.api
versions kopf
expect "a 410 as an event; 124 is our timeout" "list watch list watch, exit code 124" "$(outcome event "$event")"
expect "a 410 as the HTTP status" "list watch, exit code 1" "$(outcome status "$status")"
grep -m 1 -o "Watcher for .* has failed" "$folder/status.log"
