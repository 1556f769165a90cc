"""An agent that leaves while it registers and syncs is gone from the catalog, and stays gone."""

from __future__ import annotations

import contextlib
import http.client as http_client
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

import lictor

pytestmark = pytest.mark.e2e
AGENTS = 8
WORKERS = 3
"""Registrations that are under way at once while one agent leaves."""


def test_agents_that_leave_in_the_midst_of_registering_stay_out(
    http: Callable[..., Any], until: Callable[..., Any]
) -> None:
    with lictor.Cluster.local(3, AGENTS) as cluster, ThreadPoolExecutor(AGENTS * (WORKERS + 1)) as pool:
        server = cluster.nodes["server-1"]
        names = [f"agent-{number}" for number in range(1, AGENTS + 1)]

        def register(name: str, worker: int) -> int:
            """Services with checks, until the agent is gone."""
            done = 0
            with contextlib.suppress(OSError, http_client.HTTPException):
                for number in count():
                    body = {"Name": f"{name}-{worker}-{number}", "Check": {"TTL": "10m", "Status": "passing"}}
                    if http(cluster.nodes[name], "PUT", "/v1/agent/service/register", body).status != 200:
                        break
                    done += 1
            return done

        under_way = [pool.submit(register, name, worker) for name in names for worker in range(WORKERS)]
        until(lambda: len(http(server, "GET", "/v1/catalog/services").json) > AGENTS * WORKERS)
        left = [pool.submit(http, cluster.nodes[name], "PUT", "/v1/agent/leave") for name in names]
        assert {answer.result().status for answer in left} == {200}
        assert all(one.result() for one in under_way)

        def nodes(query: str = "") -> Any:
            return http(server, "GET", f"/v1/catalog/nodes{query}")

        until(lambda: not {row["Node"] for row in nodes().json} & set(names))
        index = nodes().index
        after = nodes(f"?index={index}&wait=3s")
        assert after.index == index, f"came back: {after.text}"
        assert list(http(server, "GET", "/v1/catalog/services").json) == ["consul"]
