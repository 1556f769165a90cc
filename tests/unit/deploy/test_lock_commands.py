"""``lictor lock`` against an agent with a whole store behind its API."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.api.api import ROUTER
from lictor_actors.roles.api.question import HttpQuestion, error_answer, text
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.store.render import render
from lictor_actors.store.store import Store
from lictor_deploy.cli import lock as lock_command
from lictor_deploy.cli import lock_keys
from lictor_deploy.cli.main import child_apart
from lictor_messages.answers import Query, Rendered
from lictor_messages.catalog import CheckRecord, NodeRecord, Register
from lictor_messages.kv import GetKey, ListKeys, PutKey
from lictor_messages.refusals import Refused
from lictor_messages.sessions import DestroySession, ListSessions
from lictor_messages.web import GatewayOptions, HttpAnswered, HttpAsked


class StoreAgent:
    """Every request goes through the gateway's own routes to a store in this process."""

    def __init__(self) -> None:
        self.store = Store()
        self.index = 0
        self.changed = threading.Condition(threading.RLock())
        rng = Random(7)
        life = Life(Actor(), "gateway@n1.dc1", rng, lambda size: bytes(rng.randrange(256) for _ in range(size)))
        self.turn = Turn(life, 0, 0, None)
        self.options = GatewayOptions(node="n1.dc1", name="n1")
        check = CheckRecord(node="n1", check_id="serfHealth", name="", status="passing")
        self.apply(Register(node=NodeRecord(node="n1", address="10.0.0.1"), checks=(check,)))

    def apply(self, command):
        with self.changed:
            self.index += 1
            outcome = self.store.apply(self.index, time.monotonic_ns(), command)
            self.changed.notify_all()
            return outcome

    def http(self, method, target, body) -> HttpAnswered:
        try:
            request = HttpRequest(HttpAsked(method=method, target=target, body=body), self.options, self.turn)
            question = ROUTER.find(request).endpoint(request)
            assert isinstance(question, HttpQuestion)
            message = question.message
            answer = self.read(message) if isinstance(message, Query) else self.apply(message)
            if isinstance(answer, Refused):
                return text(answer.row.status, answer.words)
            return question.render(answer, request)
        except HttpError as error:
            return error_answer(error)

    def read(self, query):
        with self.changed:
            answer = self.store.evaluate(query)
            if query.min_index:
                moved = lambda: self.store.evaluate(query).index > query.min_index  # noqa: E731
                self.changed.wait_for(moved, query.wait_ns / 1e9)
                answer = self.store.evaluate(query)
        if not query.rendered:
            return answer
        body, found = render(query, answer)
        return Rendered(index=answer.index, body=body, found=found)

    def entries(self, prefix=""):
        return {e.key: e for e in self.store.evaluate(ListKeys(prefix=prefix)).entries}

    def sessions(self):
        return self.store.evaluate(ListSessions()).sessions

    def until(self, true):
        with self.changed:
            assert self.changed.wait_for(true, 10)


@pytest.fixture
def consul(monkeypatch):
    agent = StoreAgent()

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said = agent.http(self.command, self.path, body)
            self.send_response(said.status)
            for name, value in said.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_PUT = do_DELETE = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("CONSUL_HTTP_ADDR", f"127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(lock_keys, "RETRY_S", 0.01)
    monkeypatch.setattr(lock_keys, "WAIT_S", 0.5)
    monkeypatch.setattr(lock_command, "WAIT_S", 0.5)
    yield agent
    server.shutdown()
    server.server_close()
    thread.join()


def see(path):
    """A child that copies the keys it finds while it runs to a file."""
    return [sys.executable, "-c", f"import os; open({str(path)!r}, 'a').write(os.environ['CONSUL_LOCK_HELD'])"]


def test_the_child_runs_while_the_lock_is_held_and_nothing_is_left_behind(lictor, consul, tmp_path):
    held = []
    apply = consul.apply

    def watching(command):
        outcome = apply(command)
        held.extend((e.key, e.flags) for e in consul.entries().values() if e.session)
        return outcome

    consul.apply = watching
    assert lictor("lock", "-shell=false", "jobs/a", *see(tmp_path / "seen")).status == 0
    assert (tmp_path / "seen").read_text() == "true"
    assert set(held) == {("jobs/a/.lock", lock_keys.LOCK_FLAGS)}
    assert (consul.entries(), consul.sessions()) == ({}, ())


@pytest.mark.parametrize(
    ("flags", "child", "status"),
    [
        ([], "exit 3", 0),
        (["-child-exit-code"], "exit 3", 2),
        (["-child-exit-code"], "exit 0", 0),
        (["-n=2", "-child-exit-code"], "exit 1", 2),
    ],
)
def test_the_childs_failure_is_ours_only_if_asked_for(lictor, consul, flags, child, status):
    assert lictor("lock", *flags, "jobs/a", child).status == status
    assert consul.sessions() == ()


def test_a_lock_that_is_not_free_in_time_is_status_1(lictor, consul):
    session = hold(consul, "jobs/a/.lock", lock_keys.LOCK_FLAGS)
    for flag in ("-timeout=200ms", "-try=200ms"):
        ran = lictor("lock", flag, "jobs/a", "true")
        assert (ran.status, ran.err) == (1, "Shutdown triggered or timeout during lock acquisition\n")
    assert [s.id for s in consul.sessions()] == [session]


def hold(consul, key, flags):
    """Somebody else's lock."""
    session = consul.http("PUT", "/v1/session/create", b'{"LockDelay":0}').body.decode().split('"')[3]
    assert consul.http("PUT", f"/v1/kv/{key}?acquire={session}&flags={flags}", b"").body == b"true"
    return session


def test_the_lock_is_taken_as_soon_as_it_is_free(lictor, consul):
    session = hold(consul, "jobs/a/.lock", lock_keys.LOCK_FLAGS)

    def free():
        consul.until(lambda: len(consul.sessions()) == 2)
        consul.apply(DestroySession(id=session))

    other = threading.Thread(target=free)
    other.start()
    assert lictor("lock", "jobs/a", "true").status == 0
    other.join()


def test_a_key_that_is_no_lock_is_not_taken_for_one(lictor, consul):
    hold(consul, "jobs/a/.lock", 0)
    assert "does not match lock use" in lictor("lock", "jobs/a", "true").err


def test_data_in_the_place_of_a_lock_is_left_alone(lictor, consul):
    consul.apply(PutKey(key="jobs/a/.lock", value=b"data"))
    assert "does not match lock use" in lictor("lock", "jobs/a", "true").err
    assert consul.entries()["jobs/a/.lock"].value == b"data"


@pytest.mark.parametrize("flags", [[], ["-n=2"]], ids=["lock", "semaphore"])
def test_the_child_ends_when_the_lock_is_lost(lictor, consul, flags):
    def take_away():
        consul.until(lambda: any(e.session for e in consul.entries().values()) and "jobs/a/.lock" in consul.entries())
        consul.apply(DestroySession(id=consul.sessions()[0].id))

    other = threading.Thread(target=take_away)
    other.start()
    ran = lictor("lock", *flags, "jobs/a", "exec sleep 60")
    other.join()
    assert (ran.status, ran.err) == (1, "Lock lost, the child was ended\n")


def test_what_the_child_has_started_ends_with_it(lictor, consul, tmp_path):
    told, started = tmp_path / "pid", []
    os.mkfifo(told)

    def take_away():
        started.append(int(told.read_text()))
        consul.apply(DestroySession(id=consul.sessions()[0].id))

    other = threading.Thread(target=take_away)
    other.start()
    assert lictor("lock", "jobs/a", f"sleep 60 & echo $! > {told}; wait").status == 1
    other.join()
    assert not alive(started[0])


def alive(pid):
    """Whether it runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_signal_while_the_lock_is_somebody_elses_ends_the_contest_in_good_order(lictor, consul):
    session = hold(consul, "jobs/a/.lock", lock_keys.LOCK_FLAGS)
    apply = consul.apply

    def signalling(command):
        outcome = apply(command)
        if isinstance(command, PutKey) and command.acquire:
            os.kill(os.getpid(), signal.SIGTERM)
        return outcome

    consul.apply = signalling
    ran = lictor("lock", "jobs/a", "true")
    assert ran.status == 1
    assert "Shutdown triggered" in ran.err  # beside what the server says of the answer that nobody took
    assert [s.id for s in consul.sessions()] == [session]


STOPPING = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM]
CHILDREN = {
    "that dies of it": ("", lambda number: 128 + number),
    "that ends in its own time": ("trap 'exit 5' HUP INT QUIT TERM; ", lambda number: 5),
    "that finishes its work": ("trap 'sleep 0.2; echo done > work; exit 0' HUP INT QUIT TERM; ", lambda number: 0),
}


def locked(consul, tmp_path, child, *before):
    """A process that holds the lock, once its child runs."""
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    command = f"{child} echo > {ready}; while :; do sleep 0.05; done"
    lock = [*before, sys.executable, "-m", "lictor_deploy.cli.main", "lock", "jobs/a", command]
    process = subprocess.Popen(lock, cwd=tmp_path, stdout=subprocess.DEVNULL)
    ready.read_text()
    assert "jobs/a/.lock" in consul.entries()
    return process


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
def test_a_signal_is_the_childs_which_is_waited_for(consul, tmp_path, number, child):
    traps, status = CHILDREN[child]
    process = locked(consul, tmp_path, traps)
    process.send_signal(number)
    assert process.wait(30) == status(number)
    assert (consul.entries(), consul.sessions()) == ({}, ())
    assert (tmp_path / "work").exists() == ("work" in traps)


def test_nohup_holds_for_a_lock_too(consul, tmp_path):
    process = locked(consul, tmp_path, "trap 'exit 5' TERM;", "nohup")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 5
    assert consul.sessions() == ()


@pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
def test_a_signal_before_the_lock_is_held_gives_the_session_back(consul, number):
    hold(consul, "jobs/a/.lock", lock_keys.LOCK_FLAGS)
    lock = [sys.executable, "-m", "lictor_deploy.cli.main", "lock", "jobs/a", "true"]
    process = subprocess.Popen(lock, stderr=subprocess.PIPE, text=True)
    consul.until(lambda: len(consul.sessions()) == 2)
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told) == (1, "Shutdown triggered or timeout during lock acquisition\n")
    assert len(consul.sessions()) == 1


def test_the_last_holder_of_a_semaphore_takes_it_away_limit_and_all(lictor, consul):
    assert lictor("lock", "-n=2", "jobs/a", "true").status == 0
    assert consul.entries() == {}
    assert lictor("lock", "-n=3", "jobs/a", "true").status == 0
    join(consul, "other", limit=2)
    before = set(consul.entries())
    assert "Semaphore limit conflict" in lictor("lock", "-n=3", "jobs/a", "true").err
    assert set(consul.entries()) == before


def test_a_semaphore_has_room_for_its_limit(lictor, consul):
    for name in ("a", "b"):
        join(consul, name, limit=3)
    assert lictor("lock", "-n", "3", "jobs/a", "true").status == 0
    join(consul, "c", limit=3)
    assert lictor("lock", "-n=3", "-timeout=200ms", "jobs/a", "true").status == 1
    assert "Semaphore limit conflict (lock: 3, local: 2)" in lictor("lock", "-n=2", "jobs/a", "true").err


def test_a_place_in_a_semaphore_is_free_when_its_holders_session_ends(lictor, consul):
    session = join(consul, "a", limit=2)
    join(consul, "b", limit=2)
    consul.apply(DestroySession(id=session))
    assert lictor("lock", "-n=2", "-timeout=5s", "jobs/a", "true").status == 0


def join(consul, name, limit):
    """Somebody else's place in the semaphore."""
    session = consul.http("PUT", "/v1/session/create", b'{"LockDelay":0}').body.decode().split('"')[3]
    semaphore = lock_keys.Semaphore(Direct(consul), "jobs/a", session, limit)
    assert semaphore.attempt(), name
    return session


class Direct:
    """The HTTP API without HTTP."""

    def __init__(self, consul):
        self.consul = consul

    def ask(self, method, path, query, body=b""):
        target = path + "?" + "&".join(f"{name}={value}" for name, value in query.items())
        said = self.consul.http(method, target, body)
        return lock_keys.HttpAnswer(said.status, dict(said.headers), said.body)

    def get(self, path, **query):
        return self.ask("GET", path, query)

    def put(self, path, body=b"", **query):
        return self.ask("PUT", path, query, body)

    def delete(self, path, **query):
        return self.ask("DELETE", path, query)


@pytest.mark.parametrize(
    ("given", "apart"),
    [
        ("lock p ls -la", "lock p -- ls -la"),
        ("lock -n 3 -verbose p c -n 4", "lock -n 3 -verbose p -- c -n 4"),
        ("lock -n=3 p c", "lock -n=3 p -- c"),
        ("lock p -- c", "lock p -- -- c"),
        ("lock -- p c", "lock -- p c"),
        ("lock p", "lock p"),
        ("lock --help", "lock --help"),
    ],
)
def test_the_childs_flags_are_its_own(given, apart):
    assert child_apart(given.split()) == apart.split()


def test_bad_arguments_are_a_sentence(lictor, consul):
    assert (
        lictor("lock", "p").err == "Error! Missing the command to run. Example: lictor lock jobs/nightly ./nightly.sh\n"
    )
    assert lictor("lock", "-n=0", "p", "c").err == "Lock holder limit must be positive\n"
    assert lictor("lock", "-try=-1s", "p", "c").err == "Timeout must be positive\n"
    assert lictor("lock", "-monitor-retry=-1", "p", "c").err == "Number for 'monitor-retry' must be >= 0\n"
    assert "Missing the key" in lictor("lock", "/", "c").err
    assert "invalid duration" in lictor("lock", "-timeout=x", "p", "c").err
    assert "Failed to run child process: /none" in lictor("lock", "-shell=false", "p", "/none").err
    assert consul.sessions() == ()
    assert consul.store.evaluate(GetKey(key="p/.lock")).entries == ()
