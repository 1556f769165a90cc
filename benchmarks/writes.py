"""Three servers with data on disk under load: writes, reads, health, registrations, wake-ups, a leader's death."""

from __future__ import annotations

import json
import os
import signal
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from peers import HAVE_ETCD, HAVE_PYSYNCOBJ, V2_PUT, V3_GET, V3_PUT, VALUE, Etcd, bare, etcd, post, pysyncobj
from table import ratio, show
from waiting import waited
from wrk import HAVE_WRK, Load, Request, load

from lictor_deploy.local.handle import Cluster
from lictor_messages.addresses import cut_host_port

CONNECTIONS = (1, 16, 64)
PUT = Request("PUT", "/v1/kv/k%d", VALUE)
GET = Request("GET", "/v1/kv/read")
KEYS = 1000
GET_DIFFERENT = Request("GET", "/v1/kv/read%d", different=KEYS)
GET_CONSISTENT = Request("GET", "/v1/kv/read?consistent")
REGISTER = Request("PUT", "/v1/agent/service/register", '{"Name":"bench","ID":"b%d","Port":80,"Check":{"TTL":"600s"}}')
INSTANCES = (10, 100, 1000)
CHANGE_EVERY_S = 0.1
WATCHERS = 1000


def main(quick: bool = False) -> None:
    """Measure Lictor, and beside it in the same run what is installed of etcd and PySyncObj."""
    if not HAVE_WRK:
        print("The load comes from wrk, which is not installed: `apt-get install wrk`.")
        return
    seconds, rounds = (1.0, 3) if quick else (3.0, 7)
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster.local(3, 0))
        peer = stack.enter_context(etcd()) if HAVE_ETCD else None
        leader = leader_address(cluster)
        for key in ("read", *(f"read{number}" for number in range(KEYS))):
            put(leader, f"/v1/kv/{key}", VALUE.encode())
        key_values(leader, peer, seconds)
        if HAVE_PYSYNCOBJ:
            against_pysyncobj(leader, seconds)
        health(leader, seconds)
        registrations(leader, seconds)
        wake_ups(leader, rounds)
        failovers(cluster, peer, 3 if quick else 20)


# -- keys and values -------------------------------------------------------------


def key_values(leader: str, peer: Etcd | None, seconds: float) -> None:
    """Cell by cell, ours and theirs in turn, so that both meet the same noise."""
    rows = []
    theirs = peer.addresses[peer.leader()] if peer is not None else ""
    for what, ours, others in (
        ("PUT, fsynced on a majority", PUT, {"v2": V2_PUT, "v3 gateway": V3_PUT}),
        ("GET default", GET, {}),
        (f"GET default, {KEYS:,} keys in turn", GET_DIFFERENT, {}),
        ("GET ?consistent", GET_CONSISTENT, {"v3 gateway": V3_GET}),
    ):
        for connections in CONNECTIONS:
            mine = load(leader, ours, connections, seconds)
            rows.append((f"{what}, c={connections}", str(mine), *_beside(mine, theirs, others, connections, seconds)))
    head = ("requests/s (p50/p99 ms), load at the leader", "lictor", "etcd", "ratio")
    show("Keys and values, three servers", head, rows)


def _beside(mine: Load, address: str, others: dict[str, Request], connections: int, seconds: float) -> tuple[str, str]:
    if not others:
        return "-", "-"
    if not address:
        return "not installed", "-"
    loads = {name: load(address, request, connections, seconds) for name, request in others.items()}
    said = "; ".join(f"{name} {yours}" for name, yours in loads.items())
    return said, " ".join(ratio(mine.rps, yours.rps) for yours in loads.values())


def against_pysyncobj(leader: str, seconds: float) -> None:
    """PySyncObj commits every tenth of a second and does not flush its log: so two points are enough."""
    rows = []
    for in_flight in (1, 64):
        mine = load(leader, PUT, in_flight, seconds)
        rate, p50 = pysyncobj(in_flight, seconds)
        rows.append((f"writes, {in_flight} in flight", str(mine), f"{rate:,.0f} ({p50:.0f})", ratio(mine.rps, rate)))
    show("Beside PySyncObj (its log is not fsynced)", ("writes/s (p50 ms)", "lictor", "pysyncobj", "ratio"), rows)


# -- the catalog -----------------------------------------------------------------


def health(leader: str, seconds: float) -> None:
    """Health of a service while one of its registrations changes ten times a second."""
    rows = []
    for count in INSTANCES:
        for number in range(count):
            register(leader, count, number, 0)
        question = Request("GET", f"/v1/health/service/svc{count}")
        with changing(leader, count):
            mine = load(leader, question, 16, seconds)
        with bare(size_of(leader, question)) as address:
            least = load(address, question, 16, seconds)
        rows.append((f"{count} instances, c=16", str(mine), str(least), ratio(mine.rps, least.rps)))
    head = ("requests/s (p50/p99 ms)", "lictor", "a bare socket, as many bytes", "ratio")
    show("Health, one registration changing every 100 ms", head, rows)


def registrations(leader: str, seconds: float) -> None:
    """Services of the leader's own agent, each with a TTL check: on disk, and synced with the catalog afterwards."""
    cell = load(leader, REGISTER, 16, seconds)
    show("Registrations", ("requests/s (p50/p99 ms)", "lictor"), [("agent service register, c=16", str(cell))])


@contextmanager
def changing(leader: str, count: int) -> Iterator[None]:
    """Something about one instance changes every tenth of a second."""
    over = threading.Event()

    def change() -> None:
        turn = 0
        while not over.wait(CHANGE_EVERY_S):
            turn += 1
            register(leader, count, turn % count, turn)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def size_of(address: str, question: Request) -> int:
    """Bytes of the body."""
    with urllib.request.urlopen(f"http://{address}{question.path}") as answer:
        return len(answer.read())


def register(address: str, count: int, number: int, turn: int) -> None:
    node, service = f"bench-{count}-{number}", f"svc{count}"
    body = {
        "Node": node,
        "Address": "10.0.0.1",
        "Service": {"Service": service, "ID": f"{service}-{number}", "Port": 8000, "Meta": {"turn": str(turn)}},
        "Check": {"Name": "alive", "CheckID": "alive", "Status": "passing", "ServiceID": f"{service}-{number}"},
    }
    put(address, "/v1/catalog/register", json.dumps(body).encode())


# -- wake-ups --------------------------------------------------------------------


def wake_ups(leader: str, rounds: int) -> None:
    """Blocked queries on one key, woken by a write."""
    waits = [waited(leader, WATCHERS) for _ in range(rounds)]
    names = ("answer to the PUT", "first watcher", "median watcher", "last watcher")
    rows = [
        (name, f"{statistics.median(figures):.1f}", f"{max(figures):.1f}")
        for name, figures in zip(names, zip(*waits, strict=True), strict=True)
    ]
    show(f"{WATCHERS} watchers of one key, ms after the PUT, {rounds} rounds", ("", "median", "worst"), rows)


# -- the leader dies ---------------------------------------------------------------


def failovers(cluster: Cluster, peer: Etcd | None, trials: int) -> None:
    """``kill -9`` of the leader to the next acknowledged write on a survivor, with a new try every 50 ms."""
    ours = [_ours_fails_over(cluster) for _ in range(trials)]
    rows = [("lictor, raft_multiplier 1", f"{statistics.median(ours):.2f}", f"{max(ours):.2f}", f"{trials}", "-")]
    if peer is not None:
        theirs = [_etcd_fails_over(peer) for _ in range(trials)]
        factor = ratio(statistics.median(ours), statistics.median(theirs))
        rows.append(("etcd, defaults", f"{statistics.median(theirs):.2f}", f"{max(theirs):.2f}", f"{trials}", factor))
    show("Leader kill -9 to the next acknowledged write, s", ("", "median", "worst", "trials", "ratio"), rows)


def _ours_fails_over(cluster: Cluster) -> float:
    cluster.wait_whole()
    leader = leader_address(cluster)
    name = next(place.name for place in cluster.nodes.values() if place.http == leader)
    survivors = [place.http for place in cluster.nodes.values() if place.http != leader]
    pid = cluster.status()["processes"][name]
    return _until_written(pid, lambda address: put(address, "/v1/kv/after", b"x", 8.0), survivors)


def _etcd_fails_over(peer: Etcd) -> float:
    place = peer.leader()
    survivors = [address for i, address in enumerate(peer.addresses) if i != place]
    body = b'{"key":"00000000","value":"eHh4"}'
    pid = peer.processes[place].pid
    took = _until_written(pid, lambda address: post(address, "/v3/kv/put", body, 8.0), survivors)
    peer.start_again(place)
    return took


def _until_written(pid: int, write: Callable[[str], object], survivors: list[str]) -> float:
    done = threading.Event()
    written = []

    def attempt(address: str) -> None:
        with suppress(OSError):
            write(address)
            written.append(time.monotonic())
            done.set()

    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    while not done.wait(0.05):
        for address in survivors:
            threading.Thread(target=attempt, args=(address,), daemon=True).start()
        if time.monotonic() - killed > 30:
            raise RuntimeError("nobody took a write within 30 s")
    return min(written) - killed


# -- little ------------------------------------------------------------------------


def leader_address(cluster: Cluster) -> str:
    """``ip:port`` of the leader's HTTP."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for place in cluster.nodes.values():
            with suppress(OSError), urllib.request.urlopen(f"http://{place.http}/v1/status/leader") as answer:
                ip = cut_host_port(json.load(answer))[0]
                for other in cluster.nodes.values():
                    if ip == other.ip:
                        return other.http
        time.sleep(0.05)
    raise RuntimeError("no leader")


def put(address: str, path: str, body: bytes, timeout_s: float = 10.0) -> None:
    request = urllib.request.Request(f"http://{address}{path}", data=body, method="PUT")
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:
        answer.read()
