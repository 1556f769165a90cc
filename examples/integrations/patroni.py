"""Patroni keeps a PostgreSQL with a replica available: a switchover on request, a failover after a crash, no row lost.

    python examples/integrations/patroni.py

Each of the two members asks an agent of its own. The leader's key and the session that holds it are in Lictor's store,
and the members are services of its catalog.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from stage import fetched, free_port, program, running, until

import lictor
from lictor_deploy.local.handle import Cluster, NodePlace

PATRONI = "patroni python3-consul postgresql"
SCOPE = "story"
PRECONDITION_FAILED = 412
TTL_S = 20
"""The least that Patroni takes with Consul, whose sessions end after up to twice half of it."""
LOCAL = ("host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust", "local all all trust")


class Member:
    """A PostgreSQL with the Patroni that runs it."""

    def __init__(self, name: str, agent: NodePlace, folder: Path, stack: ExitStack) -> None:
        self.name, self.port, self.data, self.stack = name, free_port(), folder / name, stack
        rest = f"127.0.0.1:{free_port()}"
        self.rest, self.log, self.configuration = f"http://{rest}", folder / f"{name}.log", folder / f"{name}.json"
        place = f"127.0.0.1:{self.port}"
        self.configuration.write_text(
            json.dumps(
                {
                    "scope": SCOPE,
                    "name": name,
                    "restapi": {"listen": rest, "connect_address": rest},
                    "consul": {"host": agent.http, "register_service": True},
                    "bootstrap": {
                        "dcs": {"ttl": TTL_S, "loop_wait": 1, "retry_timeout": 3, "synchronous_mode": True},
                        "initdb": ["data-checksums"],
                        "pg_hba": LOCAL,
                    },
                    "postgresql": {
                        "listen": place,
                        "connect_address": place,
                        "data_dir": str(self.data),
                        "bin_dir": str(max(Path("/usr/lib/postgresql").glob("*/bin"))),
                        "pg_hba": LOCAL,
                        "use_pg_rewind": True,
                        "pgpass": str(folder / f"{name}.pgpass"),
                        "authentication": {
                            "superuser": {"username": "postgres"},
                            "replication": {"username": "postgres"},
                        },
                        "parameters": {"unix_socket_directories": str(folder)},
                    },
                }
            )
        )

    def start(self) -> None:
        # PostgreSQL refuses to run as root.
        other = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups") if os.geteuid() == 0 else ()
        command = (*other, program("patroni", PATRONI), self.configuration)
        self.process = self.stack.enter_context(running(*command, log=self.log))

    def leads(self) -> bool:
        return "primary" in fetched(f"{self.rest}/leader") or '"master"' in fetched(f"{self.rest}/leader")

    def follows(self) -> bool:
        return bool(fetched(f"{self.rest}/replica"))

    def sql(self, statement: str) -> str:
        psql = ("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-tA", "-c", statement)
        return subprocess.run(psql, capture_output=True, text=True, check=True).stdout.strip()

    def crash(self) -> None:
        """Both processes at once, as if the machine were gone."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(self.process.pid, signal.SIGKILL)
        os.kill(postmaster, signal.SIGKILL)


def main() -> None:
    program("patroni", PATRONI)
    with Cluster.local(3, 3) as cluster, tempfile.TemporaryDirectory(dir="/tmp") as made, ExitStack() as stack:
        folder = Path(made)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        one, two = (Member(f"pg-{number}", cluster.nodes[f"agent-{number}"], folder, stack) for number in (1, 2))
        client = stack.enter_context(lictor.Client(cluster.nodes["agent-3"].door))
        one.start()
        until(one.leads, "the first member leads", 60)
        two.start()
        until(two.follows, "the second member follows", 60)
        one.sql("CREATE TABLE told (line text)")
        print(f"{one.name} leads, {two.name} follows; the key service/{SCOPE}/leader says {key(client, 'leader')}")

        one.sql("INSERT INTO told VALUES ('before the switchover')")
        until(lambda: switched(one, two), "the replica is synchronous, and the switchover is ordered")
        took = until(lambda: two.leads() and one.follows(), "they have changed places", 60)
        two.sql("INSERT INTO told VALUES ('before the crash')")
        print(f"switchover: {key(client, 'leader')} leads {took:.1f} s later, and takes writes")

        until(lambda: one.name in key(client, "sync"), "Patroni has noted that the replica is synchronous")
        two.crash()
        took = until(one.leads, "the other has taken over", 3 * TTL_S)
        one.sql("INSERT INTO told VALUES ('after the crash')")
        rows = one.sql("SELECT count(*) FROM told")
        print(f"crash of {two.name}: {key(client, 'leader')} leads {took:.1f} s later and has {rows} rows")
        if rows != "3":
            raise SystemExit("acknowledged rows are missing")
        two.start()
        took = until(two.follows, "it comes back", 60)
        print(f"{two.name} is back as a replica {took:.1f} s later")
        found = {instance.service.id: instance.service.tags for instance in client.health.service(SCOPE)}
        print(f"as services: {', '.join(f'{name} {tags}' for name, tags in sorted(found.items()))}")


def key(client: lictor.Client, name: str) -> str:
    """What Patroni keeps under this name, "" for nothing."""
    entry = client.kv.get(f"service/{SCOPE}/{name}")
    return entry.value.decode() if entry else ""


def switched(leads: Member, candidate: Member) -> bool:
    """Whether the leader has taken the order; it does not before it has noted that the candidate is synchronous."""
    body = json.dumps({"leader": leads.name, "candidate": candidate.name}).encode()
    try:
        with urlopen(Request(f"{leads.rest}/switchover", body, method="POST"), timeout=60) as answer:
            return bool(answer.status == 200)
    except HTTPError as refused:
        if refused.code != PRECONDITION_FAILED:
            raise
        return False


if __name__ == "__main__":
    main()
