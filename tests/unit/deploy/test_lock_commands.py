"""``lictor lock`` against an agent with a whole store behind its API."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from store_agent import StoreAgent, served

from lictor_deploy.cli import lock as lock_command
from lictor_deploy.cli import lock_keys
from lictor_deploy.cli.http_api import HttpAnswer
from lictor_deploy.cli.tree import apart, build
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.sessions import DestroySession


@pytest.fixture(autouse=True)
def hangups_are_heard():
    """Tests that run behind nohup ignore SIGHUP, and what they start would inherit that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def consul(monkeypatch):
    monkeypatch.setattr(lock_keys, "RETRY_S", 0.01)
    monkeypatch.setattr(lock_keys, "WAIT_S", 0.5)
    monkeypatch.setattr(lock_command, "WAIT_S", 0.5)
    monkeypatch.setenv("SHELL", "/bin/sh")
    agent = StoreAgent()
    with served(agent) as address:
        monkeypatch.setenv("CONSUL_HTTP_ADDR", address)
        yield agent


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


@pytest.mark.slow
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


@pytest.mark.slow
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
@pytest.mark.slow
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
@pytest.mark.slow
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
        return HttpAnswer(said.status, dict(said.headers), said.body)

    def get(self, path, **query):
        return self.ask("GET", path, query)

    def put(self, path, body=b"", **query):
        return self.ask("PUT", path, query, body)

    def delete(self, path, **query):
        return self.ask("DELETE", path, query)


@pytest.mark.parametrize(
    ("command", "given", "tokens"),
    [
        ("lock", "p ls -la", "-- p ls -la"),
        ("lock", "-n 3 -verbose p c -n 4", "-n 3 -verbose -- p c -n 4"),
        ("lock", "-n=3 -ca-file x p c", "-n=3 -ca-file x -- p c"),
        ("lock", "p -- c", "-- p -- c"),
        ("lock", "p git checkout -b x -- file", "-- p git checkout -b x -- file"),
        ("lock", "-- p c", "-- p c"),
        ("lock", "--help", "--help"),
        (
            "watch",
            "-type key -passingonly true -shell=false sh -c x",
            "-type key -passingonly true -shell=false -- sh -c x",
        ),
        ("watch", "-type=key -stale sh -c x", "-type=key -stale -- sh -c x"),
        ("kv", "get x -recurse", "get x -recurse"),
    ],
)
def test_the_childs_flags_are_its_own(command, given, tokens):
    assert apart(given.split(), build(command)[command]) == tokens.split()


def test_bad_arguments_are_a_sentence(lictor, consul):
    assert (
        lictor("lock", "p").err == "Error! Missing the command to run. Example: lictor lock jobs/nightly ./nightly.sh\n"
    )
    assert lictor("lock", "-n=0", "p", "c").err == "Lock holder limit must be positive\n"
    assert "Missing the key" in lictor("lock", "/", "c").err
    assert "Failed to run child process: /none" in lictor("lock", "-shell=false", "p", "/none").err
    assert consul.sessions() == ()
    assert consul.store.evaluate(GetKey(key="p/.lock")).entries == ()
