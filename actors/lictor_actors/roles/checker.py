"""The checker: runs a node's HTTP and TCP checks as jobs and tells its agent what changed.

agent > checker    StartCheck, StopCheck
checker > host     ProbeHttp, ProbeTcp; their results come back by ticket
checker > agent    CheckerStarted once per life, CheckResult when a verdict or its output changed
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import Handlers, Vocabulary
from lictor_messages.agent import CheckDue, CheckerStarted, CheckResult, CheckSpec, StartCheck, StopCheck
from lictor_messages.base import Message
from lictor_messages.catalog import CheckStatus
from lictor_messages.envelope import at, node_of
from lictor_messages.host import Undeliverable
from lictor_messages.jobs import HttpProbed, JobFailed, ProbeHttp, ProbeTcp, TcpProbed


@dataclass(slots=True)
class Running:
    """A check that is being run again and again."""

    spec: CheckSpec
    ticket: str = ""
    """The run that is under way, "" between runs."""
    successes: int = 0
    failures: int = 0
    told: tuple[CheckStatus, str] | None = None
    """Status and output that the agent knows from this life."""

    def judge(self, status: CheckStatus) -> bool:
        """Count this outcome; True if the thresholds let it become the check's status."""
        if status == "critical":
            self.failures, self.successes = self.failures + 1, 0
            return self.failures >= self.spec.failures_before_critical
        self.successes, self.failures = self.successes + 1, 0
        return self.successes >= self.spec.success_before_passing


class Checker(Actor):
    """One per agent. It starts empty: its agent tells it everything after ``CheckerStarted``."""

    hears = Vocabulary().on(CheckDue, HttpProbed, TcpProbed, JobFailed, StartCheck, StopCheck, Undeliverable)

    def __init__(self) -> None:
        self.running: dict[str, Running] = {}
        self._runs: dict[str, str] = {}
        self._count = 0
        self._handlers = Handlers(
            self.hears,
            {
                CheckDue: self._due,
                HttpProbed: self._http_probed,
                TcpProbed: self._tcp_probed,
                JobFailed: self._job_failed,
                StartCheck: self._start_check,
                StopCheck: self._stop_check,
                Undeliverable: lambda *_: None,
            },
        )

    def start(self, turn: Turn) -> None:
        """Ask for work."""
        turn.send(at("agent", node_of(turn.me)), CheckerStarted())

    def handle(self, message: Message, turn: Turn) -> None:
        """Timers and results, orders from the agent."""
        self._handlers[type(message)](message, turn)

    def check(self) -> None:
        """Every run under way belongs to a check that is being run."""
        for ticket, check_id in self._runs.items():
            assert self.running[check_id].ticket == ticket

    # -- orders --------------------------------------------------------------

    def _start_check(self, order: StartCheck, turn: Turn) -> None:
        known = self.running.get(order.id)
        if known is not None and known.spec == order.spec:
            return
        self._forget(order.id)
        self.running[order.id] = Running(order.spec)
        # A random first moment, so that checks which were registered together do not run together for ever.
        turn.set_timer(f"check:{order.id}", turn.rng.randrange(order.spec.interval_ns), CheckDue(id=order.id))

    def _stop_check(self, order: StopCheck, turn: Turn) -> None:
        self._forget(order.id)
        turn.cancel_timer(f"check:{order.id}")

    def _forget(self, check_id: str) -> None:
        check = self.running.pop(check_id, None)
        if check is not None:
            self._runs.pop(check.ticket, None)

    # -- runs ----------------------------------------------------------------

    def _due(self, due: CheckDue, turn: Turn) -> None:
        check = self.running.get(due.id)
        if check is None:
            return
        self._runs.pop(check.ticket, None)
        self._count += 1
        check.ticket = str(self._count)
        self._runs[check.ticket] = due.id
        turn.run(JOBS[check.spec.type](check.spec, check.ticket))
        # The result sets this timer anew. If none comes at all, the check still runs again.
        turn.set_timer(f"check:{due.id}", check.spec.timeout_ns + check.spec.interval_ns, due)

    def _http_probed(self, result: HttpProbed, turn: Turn) -> None:
        def verdict(spec: CheckSpec) -> tuple[CheckStatus, str]:
            if not result.status:
                return "critical", result.text
            said = f"HTTP {spec.method or 'GET'} {spec.http}: {result.status} {result.reason}".rstrip()
            return _http_status(result.status), f"{said} Output: {result.text}"

        self._judge(result.ticket, verdict, turn)

    def _tcp_probed(self, result: TcpProbed, turn: Turn) -> None:
        def verdict(spec: CheckSpec) -> tuple[CheckStatus, str]:
            if result.error:
                return "critical", result.error
            return "passing", f"TCP connect {spec.tcp}: Success"

        self._judge(result.ticket, verdict, turn)

    def _job_failed(self, result: JobFailed, turn: Turn) -> None:
        self._judge(result.ticket, lambda _: ("critical", result.error), turn)

    def _judge(self, ticket: str, verdict: Callable[[CheckSpec], tuple[CheckStatus, str]], turn: Turn) -> None:
        check_id = self._runs.pop(ticket, None)
        if check_id is None:
            return  # Stopped or replaced while it ran.
        check = self.running[check_id]
        check.ticket = ""
        turn.set_timer(f"check:{check_id}", check.spec.interval_ns, CheckDue(id=check_id))
        said = verdict(check.spec)
        if check.judge(said[0]) and check.told != said:
            check.told = said
            turn.send(at("agent", node_of(turn.me)), CheckResult(id=check_id, status=said[0], output=said[1]))


def _http_status(status: int) -> CheckStatus:
    if 200 <= status < 300:
        return "passing"
    return "warning" if status == 429 else "critical"


def _probe_tcp(spec: CheckSpec, ticket: str) -> ProbeTcp:
    return ProbeTcp(ticket=ticket, address=spec.tcp, timeout_ns=spec.timeout_ns)


def _probe_http(spec: CheckSpec, ticket: str) -> ProbeHttp:
    return ProbeHttp(
        ticket=ticket,
        url=spec.http,
        method=spec.method or "GET",
        header=spec.header,
        body=spec.body,
        timeout_ns=spec.timeout_ns,
        tls_skip_verify=spec.tls_skip_verify,
        tls_server_name=spec.tls_server_name,
        follow_redirects=not spec.disable_redirects,
        output_max_size=spec.output_max_size,
    )


JOBS: Mapping[str, Callable[[CheckSpec, str], Message]] = {"http": _probe_http, "tcp": _probe_tcp}
"""By type of check: (how it is run, ticket) → what the host does for it."""
