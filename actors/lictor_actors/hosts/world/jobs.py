"""Outside work in the world: scripted answers after a little virtual time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, at
from lictor_messages.jobs import (
    ConnectPinged,
    HttpProbed,
    JobFailed,
    PingByConnect,
    ProbeHttp,
    ProbeTcp,
    TcpProbed,
)

if TYPE_CHECKING:
    from lictor_actors.hosts.world.network import Network

HttpScript = int | tuple[int, str] | Callable[[], int]
"""A status; a status and a body; or something that says which status comes next. 0: nobody listens."""
Later = Callable[[int, Callable[[], None]], object]


class Jobs:
    """Does an actor's outside work; what is not scripted refuses connections."""

    def __init__(self, rng: Random, network: Network, later: Later) -> None:
        self.http: dict[str, HttpScript] = {}
        self.tcp: dict[str, bool] = {}
        self._rng = rng
        self._network = network
        self._later = later

    def run(self, node: str, job: Message, done: Callable[[Message], None]) -> None:
        """Do ``job`` for an actor of ``node``; its result comes 1 to 5 ms later, or when its time is over."""
        result, waited = self._result(node, job)
        self._later(waited or self._rng.randint(1_000_000, 5_000_000), lambda: done(result))

    def _result(self, node: str, job: Message) -> tuple[Message, int]:
        match job:
            case ProbeHttp():
                return self._http(job), 0
            case ProbeTcp():
                open_ = self.tcp.get(job.address, False)
                return TcpProbed(ticket=job.ticket, error="" if open_ else "connection refused"), 0
            case PingByConnect():
                probe = Envelope(at("prober", node), f"prober@{job.url}", job)
                ok = self._network.reaches(probe, job.url)
                return ConnectPinged(ticket=job.ticket, ok=ok), 0 if ok else job.timeout_ns
            case _:
                return JobFailed(ticket=getattr(job, "ticket", ""), error=f"no host does {job.kind}"), 0

    def _http(self, job: ProbeHttp) -> HttpProbed:
        script = self.http.get(job.url, 0)
        if callable(script):
            script = script()
        status, text = script if isinstance(script, tuple) else (script, "")
        if not status:
            return HttpProbed(ticket=job.ticket, status=0, text="connection refused")
        return HttpProbed(ticket=job.ticket, status=status, text=text)
