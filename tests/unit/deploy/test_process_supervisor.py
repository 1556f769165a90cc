import os
import signal
import socket
import time

import pytest

from lictor_deploy.local.json_lines import JsonLines
from lictor_deploy.local.parent.forks import Forks
from lictor_deploy.local.parent.supervisor import BACKOFF_FIRST_S, DEATHS_MAX, Process, Supervisor

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def obey(name: str, pipe: socket.socket) -> int:
    """A child that says who it is and does what it is told."""
    pipe.sendall(b'{"up": %d}\n' % os.getpid())
    channel = JsonLines(pipe)
    while not channel.closed:
        pipe.setblocking(True)
        line = pipe.recv(1000)
        if b"stubborn" in line:
            time.sleep(100)
        if b"exit" in line:
            return 7
        if not line or b"stop" in line:
            return 0
    return 0


class Parent:
    def __init__(self, names: list[str]) -> None:
        self.ups: dict[str, list[int]] = {name: [] for name in names}
        self.deaths: list[tuple[str, int]] = []
        forks = Forks(obey)
        self.supervisor = Supervisor(names, forks, heard=self.heard, died=self.died)
        forks.disown = self.supervisor.disown

    def heard(self, name, message):
        self.ups[name].append(message["up"])

    def died(self, process, status):
        self.deaths.append((process.name, status))

    def until(self, what, within_s=10.0):
        until = time.monotonic() + within_s
        while not what():
            assert time.monotonic() < until
            self.supervisor.step(0.1)


@pytest.fixture
def parent():
    made = Parent(["one", "two"])
    made.supervisor.start()
    made.until(lambda: all(made.ups.values()))
    yield made
    made.supervisor.stop(5.0)
    made.supervisor.close()


def test_every_process_lives_and_speaks(parent):
    assert {process.pid for process in parent.supervisor.alive} == {ups[0] for ups in parent.ups.values()}


def test_one_that_is_killed_is_started_again_and_the_other_left_alone(parent):
    other = parent.ups["two"][0]
    os.kill(parent.ups["one"][0], signal.SIGKILL)
    parent.until(lambda: len(parent.ups["one"]) == 2)
    assert parent.deaths == [("one", -signal.SIGKILL)]
    assert parent.supervisor.processes["two"].pid == other


def test_the_exit_code_is_told(parent):
    parent.supervisor.tell({"exit": True}, ["two"])
    parent.until(lambda: parent.deaths == [("two", 7)])


def test_messages_reach_only_whom_they_are_for(parent):
    assert parent.supervisor.tell({"hello": 1}) == ["one", "two"]
    assert parent.supervisor.tell({"exit": True}, ["two"]) == ["two"]
    parent.until(lambda: parent.deaths == [("two", 7)])
    assert parent.supervisor.processes["one"].pid


def test_stop_ends_all_and_starts_none_again(parent):
    assert parent.supervisor.stop(5.0)
    assert parent.supervisor.alive == []
    assert parent.deaths == []


def test_one_that_will_not_end_is_killed(parent):
    pid = parent.ups["one"][0]
    parent.supervisor.tell({"stubborn": True}, ["one"])
    started = time.monotonic()
    assert not parent.supervisor.stop(0.3)
    assert time.monotonic() - started < 3
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_signals_are_collected_and_wake_the_loop(parent):
    os.kill(os.getpid(), signal.SIGTERM)
    parent.until(lambda: parent.supervisor.signals == [signal.SIGTERM], within_s=1.0)


def test_processes_end_with_their_parent():
    reader, writer = os.pipe()
    parent = os.fork()
    if not parent:
        made = Parent(["one", "two"])
        made.supervisor.start()
        made.until(lambda: all(made.ups.values()))
        os.write(writer, b" ".join(b"%d" % ups[0] for ups in made.ups.values()))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    children = [int(pid) for pid in os.read(reader, 100).split()]
    # The children hold the pipe's writing end too: its end-of-file is their death.
    os.close(writer)
    assert os.read(reader, 1) == b""
    os.close(reader)
    assert len(children) == 2


def test_too_many_deaths_in_a_short_time_end_the_tries():
    process = Process("p")
    waits = []
    for number in range(DEATHS_MAX):
        process.died(now=float(number), code=1)
        waits.append(process.again_at - number)
    assert process.given_up
    assert waits[:-1] == sorted(waits[:-1])
    assert process.again_at == 0.0


def test_rare_deaths_are_forgiven():
    process = Process("p")
    for number in range(DEATHS_MAX * 3):
        process.died(now=number * 100.0, code=1)
    assert not process.given_up


@pytest.mark.parametrize("code", [0, -signal.SIGKILL])
def test_what_somebody_ended_comes_back_however_often(code):
    process = Process("p")
    for number in range(DEATHS_MAX * 3):
        process.died(now=float(number), code=code)
        assert process.again_at == pytest.approx(number + BACKOFF_FIRST_S)
    assert not process.given_up


def test_a_process_that_crashes_in_a_library_leaves_a_trace(tmp_path):
    """Where its standard error goes by then: a node's process has made it its log."""

    def crash(name: str, pipe: socket.socket) -> int:
        os.dup2(os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT), 2)
        os.kill(os.getpid(), signal.SIGSEGV)
        return 0

    deaths = []
    supervisor = Supervisor(["one"], Forks(crash), heard=lambda *_: None, died=lambda _, status: deaths.append(status))
    supervisor.start()
    until = time.monotonic() + 10
    while not deaths:
        assert time.monotonic() < until
        supervisor.step(0.1)
    supervisor.stop(5.0)
    supervisor.close()
    assert deaths[0] == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in (tmp_path / "log").read_text()
