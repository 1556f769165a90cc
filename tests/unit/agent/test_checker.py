"""The checker as a plain object: orders and results in, jobs and verdicts out."""

import pytest

from lictor_actors.checks.every import KINDS
from lictor_actors.kernel.vocabulary import UnknownMessage
from lictor_actors.roles.checker import Checker
from lictor_messages.agent import PROBED, CheckSpec, ListLocalChecks
from lictor_messages.base import Message
from lictor_messages.checker import CheckerStarted, CheckResult, StartCheck, StopCheck
from lictor_messages.jobs import HttpProbed, JobFailed, ProbeHttp, ProbeTcp, TcpProbed

SECOND = 1_000_000_000
HTTP = CheckSpec(id="h", http="http://x/", interval_ns=10 * SECOND, timeout_ns=3 * SECOND)
TCP = CheckSpec(id="t", tcp="x:1", interval_ns=10 * SECOND, timeout_ns=3 * SECOND)


@pytest.fixture
def checker(bench):
    b = bench(Checker(), "checker@n1.dc1")
    b.start()
    return b


def results(b) -> list[CheckResult]:
    return [e.body for e in b.take_sent() if isinstance(e.body, CheckResult)]


def run(b, check_id: str, *outcomes: Message) -> list[CheckResult]:
    """Run a check as often as there are outcomes; return what the agent was told."""
    for outcome in outcomes:
        b.fire(f"check:{check_id}")
        b.host(outcome.model_copy(update={"ticket": b.jobs[-1].ticket}))
    return results(b)


def said(status: int, text: str = "body", reason: str = "OK") -> HttpProbed:
    return HttpProbed(ticket="", status=status, status_text=f"{status} {reason}" if status else "", text=text)


def test_it_asks_its_agent_for_work(checker) -> None:
    assert [(e.target, e.body) for e in checker.sent] == [("agent@n1.dc1", CheckerStarted())]


def test_checks_begin_at_random_points_of_their_interval(checker) -> None:
    for n in range(50):
        checker.tell(StartCheck(id=str(n), spec=HTTP))
    waits = [at - checker.now for at, _ in checker.timers.values()]
    assert all(0 <= w < 10 * SECOND for w in waits)
    assert min(waits) < 2 * SECOND < 8 * SECOND < max(waits)


def test_every_type_of_check_that_runs_becomes_a_job_and_a_result_that_is_heard() -> None:
    assert tuple(KINDS) == tuple(PROBED), "say in checks/every.py by which job the checker runs a check of this type"
    specs = [CheckSpec(**{field: ("x",) if field == "args" else "x"}) for field in PROBED.values()]
    assert [spec.type for spec in specs] == [spec.probed for spec in specs] == [*PROBED]
    assert all(spec.runs for spec in specs)


def test_an_http_check_becomes_a_job_with_all_its_fields(checker) -> None:
    spec = HTTP.model_copy(
        update={"method": "PUT", "header": (("A", ("b",)),), "body": "x", "tls_skip_verify": True,
                "tls_server_name": "s", "disable_redirects": True, "output_max_size": 7}
    )  # fmt: skip
    checker.tell(StartCheck(id="h", spec=spec))
    checker.fire("check:h")
    (job,) = checker.jobs
    assert job == ProbeHttp(
        ticket=job.ticket, url="http://x/", method="PUT", header=(("A", ("b",)),), body="x", timeout_ns=3 * SECOND,
        tls_skip_verify=True, tls_server_name="s", follow_redirects=False, output_max_size=7,
    )  # fmt: skip


def test_the_next_run_is_an_interval_after_the_result(checker) -> None:
    checker.tell(StartCheck(id="t", spec=TCP))
    checker.fire("check:t")
    assert checker.jobs == [ProbeTcp(ticket=checker.jobs[0].ticket, address="x:1", timeout_ns=3 * SECOND)]
    assert checker.timers["check:t"][0] - checker.now == 13 * SECOND
    checker.now += SECOND
    checker.host(TcpProbed(ticket=checker.jobs[0].ticket))
    assert checker.timers["check:t"][0] - checker.now == 10 * SECOND


def test_a_run_whose_result_never_comes_does_not_end_the_check(checker) -> None:
    checker.tell(StartCheck(id="t", spec=TCP))
    checker.fire("check:t")
    checker.fire("check:t")
    first, second = checker.jobs
    checker.host(TcpProbed(ticket=first.ticket, error="late"))
    assert results(checker) == []
    checker.host(TcpProbed(ticket=second.ticket))
    assert [r.status for r in results(checker)] == ["passing"]


@pytest.mark.parametrize(
    ("outcome", "status", "output"),
    [
        (said(200), "passing", "HTTP GET http://x/: 200 OK Output: body"),
        (said(204, "", "No Content"), "passing", "HTTP GET http://x/: 204 No Content Output: "),
        (said(429, "b", "Too Many Requests"), "warning", "HTTP GET http://x/: 429 Too Many Requests Output: b"),
        (said(302, "", "Found"), "critical", "HTTP GET http://x/: 302 Found Output: "),
        (
            said(500, "e", "Internal Server Error"),
            "critical",
            "HTTP GET http://x/: 500 Internal Server Error Output: e",
        ),
        (said(200, "b", ""), "passing", "HTTP GET http://x/: 200  Output: b"),
        (HttpProbed(ticket="", status=200, status_text="200"), "passing", "HTTP GET http://x/: 200 Output: "),
        (HttpProbed(ticket="", status_text="000 Odd"), "critical", "HTTP GET http://x/: 000 Odd Output: "),
        (said(0, 'Get "http://x/": EOF'), "critical", 'Get "http://x/": EOF'),
        (JobFailed(ticket="", error="no executor"), "critical", "no executor"),
    ],
)
def test_http_outcomes(checker, outcome: Message, status: str, output: str) -> None:
    checker.tell(StartCheck(id="h", spec=HTTP))
    assert [(r.id, r.status, r.output) for r in run(checker, "h", outcome)] == [("h", status, output)]


@pytest.mark.parametrize(
    ("error", "status", "output"),
    [
        ("", "passing", "TCP connect x:1: Success"),
        ("dial tcp x:1: connect: connection refused", "critical", "dial tcp x:1: connect: connection refused"),
    ],
)
def test_tcp_outcomes(checker, error: str, status: str, output: str) -> None:
    checker.tell(StartCheck(id="t", spec=TCP))
    (result,) = run(checker, "t", TcpProbed(ticket="", error=error))
    assert (result.status, result.output) == (status, output)


def test_the_agent_hears_of_changes_only(checker) -> None:
    checker.tell(StartCheck(id="h", spec=HTTP))
    told = run(checker, "h", said(200), said(200), said(200, "new body"), said(500), said(500), said(200))
    assert [r.status for r in told] == ["passing", "passing", "critical", "passing"]


def test_thresholds_hold_a_verdict_back(checker) -> None:
    spec = HTTP.model_copy(update={"success_before_passing": 2, "failures_before_critical": 3})
    checker.tell(StartCheck(id="h", spec=spec))
    assert run(checker, "h", said(200)) == []
    assert [r.status for r in run(checker, "h", said(200))] == ["passing"]
    assert run(checker, "h", said(500), said(500), said(429), said(500), said(500)) == []
    assert [r.status for r in run(checker, "h", said(500))] == ["critical"]


def test_starting_the_same_again_changes_nothing_and_another_begins_anew(checker) -> None:
    checker.tell(StartCheck(id="h", spec=HTTP))
    run(checker, "h", said(200))
    due = checker.timers["check:h"]
    checker.tell(StartCheck(id="h", spec=HTTP))
    assert checker.timers["check:h"] == due
    checker.tell(StartCheck(id="h", spec=HTTP.model_copy(update={"http": "http://y/"})))
    assert [r.output for r in run(checker, "h", said(200))] == ["HTTP GET http://y/: 200 OK Output: body"]


def test_a_stopped_check_is_forgotten_even_while_it_runs(checker) -> None:
    checker.tell(StartCheck(id="t", spec=TCP))
    checker.fire("check:t")
    checker.tell(StopCheck(id="t"))
    checker.host(TcpProbed(ticket=checker.jobs[0].ticket))
    assert results(checker) == []
    assert checker.timers == {}
    checker.tell(StopCheck(id="never known"))


def test_an_unknown_message_crashes_it_by_name(checker) -> None:
    with pytest.raises(UnknownMessage, match=r"agent\.list_local_checks"):
        checker.tell(ListLocalChecks())
