#!/usr/bin/env bash
# httpx 0.28.1 refuses an https server by its absolute name, `https://localhost.`, which clusters' users
# write to go round the search list: it looks for the last dot in the certificate, whose names have none.
# requests 2.34.2, aiohttp 3.14.5 and curl leave the dot out, and so does Node.js.
. "$(dirname "$0")/lib/setup.sh"
install httpx==0.28.1 requests==2.34.2 aiohttp==3.14.5 trustme==1.2.1
port=$(free_port)
cat >"$folder/server.py" <<'PYTHON'
import ssl, sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
import trustme
authority = trustme.CA()
authority.cert_pem.write_to_path("ca.pem")
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
authority.issue_cert("localhost").configure_cert(context)
server = HTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
PYTHON
cat >"$folder/client.py" <<'PYTHON'
"""Print the status that a client gets, or the class of its error; `localhost.` has an address here."""
import asyncio, socket, ssl, sys
client, url = sys.argv[1:]
usual = socket.getaddrinfo
socket.getaddrinfo = lambda host, *args, **options: usual("127.0.0.1", *args, **options)
async def by_aiohttp():
    import aiohttp
    context = ssl.create_default_context(cafile="ca.pem")
    connector = aiohttp.TCPConnector(ssl=context, resolver=aiohttp.ThreadedResolver())
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as response:
        return response.status
def by_httpx():
    import httpx
    return httpx.get(url, verify=ssl.create_default_context(cafile="ca.pem"), trust_env=False).status_code
def by_requests():
    import requests
    return requests.get(url, verify="ca.pem").status_code
try:
    print({"httpx": by_httpx, "requests": by_requests, "aiohttp": lambda: asyncio.run(by_aiohttp())}[client]())
except Exception as error:
    print(type(error).__name__, "certificate verify failed" in str(error))
PYTHON
cd "$folder"
run server.log "$python" server.py "$port"
for _ in $(seq 60); do curl -sf -o ready --cacert ca.pem "https://localhost:$port/" && break; sleep 0.5; done

ask() { no_proxy='*' "$python" client.py "$1" "https://$2:$port/"; }

versions 'httpx|requests|aiohttp'
expect "httpx at localhost" "200" "$(ask httpx localhost)"
expect "httpx at localhost." "ConnectError True" "$(ask httpx localhost.)"
expect "requests at localhost." "200" "$(ask requests localhost.)"
expect "aiohttp at localhost." "200" "$(ask aiohttp localhost.)"
expect "curl at localhost." "200" "$(curl -s -o ready -w '%{http_code}' --noproxy '*' --cacert ca.pem --resolve "localhost.:$port:127.0.0.1" "https://localhost.:$port/")"
