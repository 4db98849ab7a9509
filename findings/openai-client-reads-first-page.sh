#!/usr/bin/env bash
# The official Python client, openai 3.57.0, reads the first page of a list of models alone: its page
# type for models ends there although the answer has `has_more` and `last_id`, while that for files goes
# on after `last_id`. A server that cuts its list loses models without a word.
. "$(dirname "$0")/lib/setup.sh"
install openai==3.57.0
port=$(free_port) url="http://127.0.0.1:$port"
cat >"$folder/pages.py" <<'PYTHON'
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
IDS = ["a", "b", "c"]
class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        after = parse_qs(urlsplit(self.path).query).get("after", [""])[0]
        start = IDS.index(after) + 1 if after else 0
        page = IDS[start:start + 2]
        rows = [{"id": id_, "object": "model", "created": 1, "owned_by": "x"} for id_ in page]
        document = {"object": "list", "data": rows, "last_id": page[-1], "has_more": start + 2 < len(IDS)}
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Pages).serve_forever()
PYTHON
run pages.log python3 "$folder/pages.py" "$port"
wait_for "$url/v1/models" pages.log

read_ids() { "$python" -c "import openai; print(*(row.id for row in openai.OpenAI(base_url='$url/v1', api_key='x').$1.list()))"; }

versions openai
expect "ids that models.list() goes through" "a b" "$(read_ids models)"
expect "ids that files.list() goes through, of the same pages" "a b c" "$(read_ids files)"
