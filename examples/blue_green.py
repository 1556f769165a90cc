"""Blue and green by a prepared query: callers ask for one name, and a person switches what stands behind it.

You see the callers reach blue, then green, then blue again: no caller is told anything, and no instance is restarted.

    lictor dev -servers 3 -agents 2 -exec "python examples/blue_green.py"
"""

from __future__ import annotations

import json
import os
import time
from typing import Any
from urllib.request import Request, urlopen

AGENT = os.environ.get("CONSUL_HTTP_ADDR", "127.0.0.1:8500")
COLOURS = {"blue": 9001, "green": 9002}


def ask(method: str, path: str, body: object = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    with urlopen(Request(f"http://{AGENT}{path}", data=data, method=method), timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def query(colour: str) -> dict[str, object]:
    return {"Name": "checkout", "Service": {"Service": "checkout", "Tags": [colour], "OnlyPassing": True}}


def reached() -> list[int]:
    """The ports that a caller is given; over DNS the same name is ``checkout.query.consul``."""
    return [one["Service"]["Port"] for one in ask("GET", "/v1/query/checkout/execute")["Nodes"]]


def switch(known: str, colour: str) -> None:
    ask("PUT", f"/v1/query/{known}", query(colour))
    print(f"switched to {colour}: callers reach {reached()}", flush=True)


def main() -> None:
    for colour, port in COLOURS.items():
        service = {"Name": "checkout", "ID": f"checkout-{colour}", "Port": port, "Tags": [colour]}
        ask("PUT", "/v1/agent/service/register", service)
    known = ask("POST", "/v1/query", query("blue"))["ID"]
    try:
        until = time.monotonic() + 10
        while not reached() and time.monotonic() < until:  # the catalog follows the agent within moments
            time.sleep(0.05)
        print(f"began with blue: callers reach {reached()}", flush=True)
        switch(known, "green")
        switch(known, "blue")
    finally:
        ask("DELETE", f"/v1/query/{known}")
        for colour in COLOURS:
            ask("PUT", f"/v1/agent/service/deregister/checkout-{colour}")


main()
