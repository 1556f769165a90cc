"""Failover to another datacenter: a prepared query answers from the nearest place that still has a healthy instance.

You see callers in dc1 reach dc1; its instance turns ill, and they reach dc2; it recovers, and they reach dc1 again.

    lictor dev -datacenters 2 -servers 1 -agents 1 -exec "python examples/datacenter_failover.py"
"""

from __future__ import annotations

import json
import os
import time
from typing import Any
from urllib.request import Request, urlopen

import lictor

NAME, WITHIN_S = "billing", 30


def ask(agent: str, method: str, path: str, body: object = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    with urlopen(Request(f"http://{agent}{path}", data=data, method=method), timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def register(agent: str) -> None:
    check = {"CheckID": "billing-alive", "TTL": "1h", "Status": "passing"}
    ask(agent, "PUT", "/v1/agent/service/register", {"Name": NAME, "Port": 9000, "Check": check})


def await_answer_from(agent: str, dc: str) -> None:
    """The catalog of another datacenter follows within moments; who asks too early gets no instance."""
    until = time.monotonic() + WITHIN_S
    while True:
        found = ask(agent, "GET", f"/v1/query/{NAME}/execute")
        if found["Nodes"] and found["Datacenter"] == dc:
            break
        if time.monotonic() > until:
            raise SystemExit(f"no answer from {dc} within {WITHIN_S} s: {found}")
        time.sleep(0.05)
    print(f"callers in dc1 reach {NAME} on {found['Nodes'][0]['Node']['Node']} in {dc}", flush=True)


def main() -> None:
    nodes = lictor.Cluster.running(os.environ.get("LICTOR_CONTROL", "")).nodes
    here, there = nodes["agent-1.dc1"].http, nodes["agent-1.dc2"].http
    for agent in (here, there):
        register(agent)
    service = {"Service": NAME, "OnlyPassing": True, "Failover": {"Datacenters": ["dc2"]}}
    known = ask(here, "POST", "/v1/query", {"Name": NAME, "Service": service})["ID"]
    try:
        await_answer_from(here, "dc1")
        ask(here, "PUT", "/v1/agent/check/fail/billing-alive")
        await_answer_from(here, "dc2")
        ask(here, "PUT", "/v1/agent/check/pass/billing-alive")
        await_answer_from(here, "dc1")
    finally:
        ask(here, "DELETE", f"/v1/query/{known}")
        for agent in (here, there):
            ask(agent, "PUT", f"/v1/agent/service/deregister/{NAME}")


main()
