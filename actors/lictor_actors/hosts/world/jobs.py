"""Outside work in the world: scripted answers after a little virtual time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from lictor_messages.base import Message
from lictor_messages.jobs import HttpProbed, JobFailed, ProbeHttp, ProbeTcp, TcpProbed

HttpScript = int | tuple[int, str] | Callable[[], int]
"""A status; a status and a body; or something that says which status comes next. 0: the connection is refused."""
Later = Callable[[int, Callable[[], None]], object]


class Jobs:
    """Does an actor's outside work; what is not scripted refuses connections."""

    def __init__(self, rng: Random, later: Later) -> None:
        self.http: dict[str, HttpScript] = {}
        self.tcp: dict[str, bool] = {}
        self._rng = rng
        self._later = later

    def run(self, node: str, job: Message, done: Callable[[Message], None]) -> None:
        """Do ``job`` for an actor of ``node``; its result comes 1 to 5 ms later."""
        result = self._result(job)
        self._later(self._rng.randint(1_000_000, 5_000_000), lambda: done(result))

    def _result(self, job: Message) -> Message:
        match job:
            case ProbeHttp():
                return self._http(job)
            case ProbeTcp():
                refused = f"dial tcp {job.address}: connect: connection refused"
                return TcpProbed(ticket=job.ticket, error="" if self.tcp.get(job.address) else refused)
            case _:
                return JobFailed(ticket=getattr(job, "ticket", ""), error=f"no host does {job.kind}")

    def _http(self, job: ProbeHttp) -> HttpProbed:
        script = self.http.get(job.url, 0)
        if callable(script):
            script = script()
        status, text = script if isinstance(script, tuple) else (script, "")
        if not status:
            return HttpProbed(
                ticket=job.ticket, status=0, text=f'{job.method.capitalize()} "{job.url}": connection refused'
            )
        return HttpProbed(ticket=job.ticket, status=status, text=text)
