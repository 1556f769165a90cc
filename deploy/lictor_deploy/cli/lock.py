"""``lictor lock PREFIX CHILD``: run a command while holding a lock."""

from __future__ import annotations

import json
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from subprocess import DEVNULL
from typing import Annotated

from cyclopts import Parameter

from lictor_deploy.cli.child import DIED_OF, Child, command_of
from lictor_deploy.cli.http_api import HttpApi, escaped, expect
from lictor_deploy.cli.lock_keys import TTL_S, WAIT_S, Contest, KeyLock, Semaphore
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.cli.values import Seconds, Whole
from lictor_deploy.words.sentence import Failure

RENEW_S = TTL_S / 3
MONITOR_RETRY_S = 1.0
CHILD_FAILED = 2
HELD = {"CONSUL_LOCK_HELD": "true"}
ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


def lock(
    prefix: str,
    /,
    *child: Annotated[str, Parameter(allow_leading_hyphen=True)],
    n: Annotated[Whole, Parameter(name=("--n", "-n"))] = 1,
    name: str = "",
    timeout: Seconds = 0.0,
    try_: Annotated[Seconds, Parameter(name="--try")] = 0.0,
    monitor_retry: Whole = 3,
    child_exit_code: bool = False,
    pass_stdin: bool = False,
    shell: Annotated[bool, Parameter(negative="--no-shell")] = True,
    verbose: bool = False,
    reach: Reach = DEFAULT_REACH,
) -> int:
    """Run a command while holding a lock, or one of N places; the lock is lost with the session, the child then ends.

    Example: lictor lock jobs/nightly ./nightly.sh

    Parameters
    ----------
    prefix
        Below this key the lock is kept, in PREFIX/.lock.
    child
        The command.
    n
        How many may hold it at a time.
    name
        Name of the session. Default: tells the command.
    timeout
        Give up if the lock is not held within this time, such as 30s. Default: wait for ever.
    try_
        The same: try for so long, then give up.
    monitor_retry
        How many failures of the servers in a row do not yet mean that the lock is lost.
    child_exit_code
        Exit with 2 if the child fails. Default: 0 if it could be run. After a signal, which is passed on to the child,
        the exit code is the child's own.
    pass_stdin
        Let the child read standard input.
    shell
        Run the command by $SHELL or /bin/sh; with --no-shell directly.
    verbose
        Say what happens.
    """
    refuse(prefix, child, n)
    runner = Runner(reach.api(), prefix.strip("/"), n, monitor_retry, verbose)
    title = name or f"Consul lock for '{' '.join(child)}' at '{prefix}'"
    code = while_held(runner, title, try_ or timeout, lambda: runner.run(child, shell=shell, stdin=pass_stdin))
    if runner.lost:
        raise Failure("Lock lost, the child was ended")
    if runner.signalled:
        return code if code >= 0 else DIED_OF - code
    return CHILD_FAILED if child_exit_code and code else 0


def refuse(prefix: str, child: Sequence[str], n: int) -> None:
    """What cannot be run."""
    example = "Example: lictor lock jobs/nightly ./nightly.sh"
    if not child:
        raise Failure(f"Error! Missing the command to run. {example}")
    if n <= 0:
        raise Failure("Lock holder limit must be positive")
    if not prefix.strip("/"):
        raise Failure(f"Error! Missing the key below which the lock is kept. {example}")


def while_held(runner: Runner, title: str, within_s: float, work: Callable[[], int]) -> int:
    """Get the lock, do the work, give the lock back whatever happens; the work's exit status."""
    came: list[int] = []
    with signals_to(give_up):
        try:
            with signals_to(lambda number, _: came.append(number)):  # a session that was made is to be ended, too
                runner.begin(title)
            if came or not runner.acquire(within_s):
                give_up()
            return work()
        finally:
            with signals_to(lambda *_: None):  # it is about to end, and what it holds is to be given back first
                runner.end()


class Runner:
    """The session, what is held by it, and the child."""

    def __init__(self, api: HttpApi, prefix: str, limit: int, monitor_retry: int, verbose: bool) -> None:
        self.lost = False
        self.signalled = False
        """The child was sent a signal that had been sent to this process."""
        self._api = api
        self._prefix = prefix
        self._limit = limit
        self._monitor_retry = monitor_retry
        self._verbose = verbose
        self._contest: Contest | None = None
        self._held = False
        self._ended = threading.Event()
        self._news: queue.Queue[str] = queue.Queue()

    def begin(self, name: str) -> None:
        """Make the session and keep it alive."""
        self._say("Setting up lock at path: " + self._prefix)
        behavior = Semaphore.behavior if self._limit > 1 else KeyLock.behavior
        body = {"Name": name, "TTL": f"{TTL_S}s", "Behavior": behavior}
        session = expect(self._api.put("/v1/session/create", json.dumps(body).encode())).fields()["ID"]
        if self._limit > 1:
            self._contest = Semaphore(self._api, self._prefix, session, self._limit)
        else:
            self._contest = KeyLock(self._api, self._prefix, session)
        threading.Thread(target=self._renew, args=(session,), daemon=True).start()

    def acquire(self, within_s: float) -> bool:
        """Wait for the lock, at most so long; zero or less: for ever. False if it was not to be had."""
        assert self._contest is not None
        self._say("Attempting lock acquisition")
        deadline = time.monotonic() + within_s if within_s > 0 else None
        while self._news.empty():
            if self._contest.attempt():
                self._held = True
                return True
            left = deadline - time.monotonic() if deadline is not None else WAIT_S
            if left <= 0:
                return False
            self._contest.wait(left)
        return False

    def run(self, words: Sequence[str], *, shell: bool, stdin: bool) -> int:
        """Run the child until it ends, or until the lock is lost; its exit status."""
        self._say(f"Starting handler '{' '.join(words)}'")
        child: Child | None = None
        early: list[int] = []

        def pass_on(number: int, _: object) -> None:
            self.signalled = True
            if child is None:
                early.append(number)
            else:
                child.signal(number)

        with signals_to(pass_on):
            child = Child(command_of(words, shell=shell), HELD, None if stdin else DEVNULL)
            for number in early:  # that came while it was being started
                child.signal(number)
            threading.Thread(target=self._monitor, daemon=True).start()
            threading.Thread(target=self._await, args=(child,), daemon=True).start()
            if self._news.get() == "lost":
                self.lost, self._held = True, False
                self._say("Lock lost, killing child")
                child.stop()
            return child.wait()

    def end(self) -> None:
        """Give back what is held and end the session."""
        self._ended.set()
        if self._contest is None:
            return
        with suppress(Failure):
            if self._held or isinstance(self._contest, Semaphore):
                self._contest.give_back()
        with suppress(Failure):
            self._api.put(f"/v1/session/destroy/{escaped(self._contest.session)}")

    def _await(self, child: Child) -> None:
        child.wait()
        self._news.put("ended")

    def _renew(self, session: str) -> None:
        """Every third of the TTL; silence for a whole one, or a session that is gone, is the end."""
        confirmed = time.monotonic()
        while not self._ended.wait(RENEW_S):
            sent = time.monotonic()
            with suppress(Failure):
                status = self._api.put(f"/v1/session/renew/{escaped(session)}").status
                if status == 404:
                    break
                if status == 200:
                    confirmed = sent
            if time.monotonic() - confirmed > TTL_S:
                break
        self._news.put("lost")

    def _monitor(self) -> None:
        """Somebody may take the lock away by deleting its key."""
        assert self._contest is not None
        failures = 0
        while not self._ended.is_set():
            try:
                if not self._contest.still_held(WAIT_S):
                    break
                failures = 0
            except Failure:
                failures += 1
                if failures > self._monitor_retry:
                    break
                self._ended.wait(MONITOR_RETRY_S)
        self._news.put("lost")

    def _say(self, words: str) -> None:
        if self._verbose:
            print(words, file=sys.stderr)


def give_up(*_: object) -> None:
    """No lock, no child."""
    raise Failure("Shutdown triggered or timeout during lock acquisition")


@contextmanager
def signals_to(handler: Callable[[int, object], object]) -> Iterator[None]:
    """What would end this process is for ``handler``: what is held is then given back in good order.

    Only SIGHUP stays ignored where it is: `nohup` asks for that.
    """
    heard = [number for number in ENDING if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = [(number, signal.signal(number, handler)) for number in heard]
    try:
        yield
    finally:
        for number, former in before:
            signal.signal(number, former)
