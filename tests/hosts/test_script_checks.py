"""Programs as checks: their exit codes and output, and that nothing is left of those that do not end."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from http_site import LOOPS
from raw_peer import result_of

from lictor_actors.hosts.live.jobs import Jobs
from lictor_messages.base import Message
from lictor_messages.jobs import RunScript, ScriptEnded

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="watches processes by descriptors")
SECOND = 1_000_000_000
PATIENCE_S = 20


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    made = Jobs()
    yield made
    await made.close()


def shell(line: str, timeout_ns: int = 20 * SECOND, most: int = 4096) -> RunScript:
    return RunScript(ticket="t", args=("sh", "-c", line), timeout_ns=timeout_ns, output_max_size=most)


def gone(pid: int) -> bool:
    """Ended, or ends now. An orphan's number may stay until its new parent fetches it."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], PATIENCE_S)[0])
    finally:
        os.close(process)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_program_tells_by_its_exit_code_and_its_output(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        made = runner.run(_run(shell("echo out; echo err >&2; exit 3")))
    assert made == ScriptEnded(ticket="t", exit_code=3, output="out\nerr\n")


async def _run(job: Message) -> Message:
    jobs = Jobs()
    try:
        return await result_of(jobs, job)
    finally:
        await jobs.close()


async def test_the_end_of_a_long_output_is_kept(jobs: Jobs) -> None:
    result = await result_of(jobs, shell("seq 1 100000", most=12))
    assert isinstance(result, ScriptEnded)
    assert result.output == "Captured 12 of 588895 bytes\n...\n9999\n100000\n"


async def test_output_that_is_no_text_harms_nothing(jobs: Jobs) -> None:
    result = await result_of(jobs, shell(r"printf '\377\376ok'"))
    assert isinstance(result, ScriptEnded)
    assert result.output == "\ufffd\ufffdok"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (("no-such-program",), 'exec: "no-such-program": executable file not found in $PATH'),
        (("/no/such/program",), "fork/exec /no/such/program: no such file or directory"),
        (("/",), "fork/exec /: permission denied"),
        (("a\0b",), 'exec: "a\0b": embedded null byte'),
    ],
)
async def test_what_cannot_be_started_says_why(jobs: Jobs, args: tuple[str, ...], error: str) -> None:
    job = RunScript(ticket="t", args=args, timeout_ns=SECOND, output_max_size=9)
    assert await result_of(jobs, job) == ScriptEnded(ticket="t", error=error)


@pytest.mark.parametrize(
    "line",
    [
        "sleep 1000 & echo $! > child; echo $$ > parent; sleep 1000",
        "sleep 1000 & echo $! > child; echo $$ > parent",
        "exec >&-; exec 2>&-; sleep 1000 & echo $! > child; echo $$ > parent; wait",
        "trap '' TERM HUP; (trap '' TERM HUP; sleep 1000) & echo $! > child; echo $$ > parent; wait",
    ],
    ids=["hangs with a child", "leaves a child behind", "closes its output and hangs", "ignores signals"],
)
@pytest.mark.slow
async def test_a_time_out_kills_the_program_and_all_that_it_has_started(jobs: Jobs, line: str, tmp_path: Path) -> None:
    result = await result_of(jobs, shell(f"cd {tmp_path}; {line}", timeout_ns=SECOND // 2))
    assert isinstance(result, ScriptEnded)
    assert result.timed_out
    assert gone(int((tmp_path / "parent").read_text()))
    assert gone(int((tmp_path / "child").read_text()))


async def test_a_host_that_closes_leaves_no_program_behind(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "started")
    jobs, results = Jobs(), list[Message]()
    jobs.run(shell(f"echo $$ > {tmp_path / 'started'}; sleep 1000"), results.append)
    pid = await asyncio.to_thread((tmp_path / "started").read_text)
    await jobs.close()
    assert gone(int(pid))
    assert results == []


async def test_a_program_has_a_session_of_its_own_and_no_input(jobs: Jobs) -> None:
    result = await result_of(jobs, shell("read line; echo $?; ps -o sid= -p $$ | tr -d ' '; echo $$"))
    assert isinstance(result, ScriptEnded)
    read, session, pid = result.output.split()
    assert read == "1"
    assert session == pid


@pytest.mark.slow
async def test_hundreds_of_programs_leave_no_process_no_descriptor_and_no_thread(jobs: Jobs) -> None:
    await result_of(jobs, shell("true"))
    before = len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
    results = await asyncio.gather(*(result_of(jobs, shell("true")) for _ in range(300)))
    assert all(result == ScriptEnded(ticket="t") for result in results)
    assert (len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))) == before
