"""A tiny HTTP service of your own: it registers with its local agent, with an HTTP check, and leaves when it stops.

Run it beside `lictor dev`, then look: curl http://127.0.0.1:8500/v1/health/service/web?passing

    python examples/own_service.py [AGENT [SECONDS]]      # AGENT like 127.0.0.4:8500
"""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

AGENT = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("CONSUL_HTTP_ADDR", "127.0.0.1:8500")
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else None
NAME = "web"


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"all is well\n" if self.path == "/health" else b"hello from a service of your own\n")

    def log_message(self, *_: object) -> None:
        """Quiet: the check comes every second."""


def tell_agent(path: str, body: object = None) -> None:
    data = json.dumps(body).encode() if body is not None else b""
    with urlopen(Request(f"http://{AGENT}{path}", data=data, method="PUT"), timeout=5) as answer:
        answer.read()


server = ThreadingHTTPServer((AGENT.rpartition(":")[0], 0), Hello)  # port 0: the system picks one
host, port = str(server.server_address[0]), int(server.server_address[1])
threading.Thread(target=server.serve_forever, daemon=True).start()
service_id = f"{NAME}-{port}"

tell_agent(
    "/v1/agent/service/register",
    {
        "ID": service_id,
        "Name": NAME,
        "Address": host,
        "Port": port,
        "Tags": ["example"],
        "Check": {"HTTP": f"http://{host}:{port}/health", "Interval": "1s", "Timeout": "1s"},
    },
)
print(f"{service_id} serves http://{host}:{port}/ and is registered with the agent at {AGENT}", flush=True)

try:
    threading.Event().wait(SECONDS)  # kill -9 instead of Ctrl-C: the check turns critical
except KeyboardInterrupt:
    pass
finally:
    tell_agent(f"/v1/agent/service/deregister/{service_id}")
    server.shutdown()
    print(f"{service_id} is gone")
