"""Spring Cloud Consul: discovery, calls by name, configuration and its watch, in one JVM."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import lictor
from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.clients, pytest.mark.timeout(500)]
HERE = Path(__file__).parent / "java"
TOLD = [
    "color at the start: red",
    "found with zone a",
    "among true",
    "called: hello from spring",
    "color after a change: blue",
]


def test_spring_cloud_consul(cluster: Cluster, needs: Callable[[str], str], builds: Path) -> None:
    maven, java, target = needs("mvn"), needs("java"), builds / "java"
    build = [maven, "-q", "-B", "-ntp", "-f", HERE / "pom.xml", f"-Dfolder={target}", "package"]
    subprocess.run(build, check=True)
    agent = cluster.nodes["agent-1"]
    host, _, port = agent.http.rpartition(":")
    place = (f"--spring.cloud.consul.host={host}", f"--spring.cloud.consul.port={port}")
    with lictor.Client(agent.door) as client:
        client.kv.put("config/spring-story/story.color", b"red")
        story = [java, "-jar", target / "spring-story.jar", *place]
        told = subprocess.run(story, capture_output=True, text=True, check=False, timeout=200)
        assert told.returncode == 0, told.stdout + told.stderr
        assert [line for line in told.stdout.splitlines() if line in TOLD] == TOLD, told.stdout
        assert not len(client.health.service("spring-story")), "it leaves the catalog when it ends"
