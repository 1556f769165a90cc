"""Outside work for actors on asyncio: the probes of checks, and questions for other DNS servers.

What meets a check's target is in ``probes/``.

Every job ends in exactly one result: the target's answer, or a reason in a person's words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from lictor_actors.hosts.live.machine import read_machine
from lictor_actors.hosts.live.probes.http import probe_http
from lictor_actors.hosts.live.probes.script import Scripts
from lictor_actors.hosts.live.probes.tcp import probe_tcp
from lictor_actors.hosts.live.probes.trust import Trust, trust
from lictor_actors.hosts.live.probes.udp import probe_udp
from lictor_actors.hosts.live.recursors import ask_recursors
from lictor_messages.auth_methods import ReviewToken, VerifyJwt
from lictor_messages.base import Message
from lictor_messages.connect_ca import MakeRoot
from lictor_messages.dns import AskRecursors
from lictor_messages.jobs import JobFailed, PingH2, ProbeGrpc, ProbeHttp, ProbeTcp, ProbeUdp, RunScript
from lictor_messages.machine import ReadMachine
from lictor_messages.profiling import TakeProfile

AT_ONCE = 256
"""Jobs of a process that run at the same time; the others wait for their turn."""
Done = Callable[[Message], None]
Probe = Callable[[Any], Awaitable[Message]]
NO_WORK: Mapping[type[Message], Probe] = {}


class Jobs:
    """Runs jobs for all actors of a process."""

    def __init__(self, work: Mapping[type[Message], Probe] = NO_WORK, at_once: int = AT_ONCE) -> None:
        """``work``: who does what is not done here."""
        self._does: dict[type[Message], Probe] = {**PROBES, RunScript: Scripts().run, **work}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(at_once)
        self._closed = False

    def run(self, job: Message, done: Done) -> None:
        """Begin a job; ``done`` gets its result, once, unless ``close`` comes first."""
        if self._closed:
            return
        task = asyncio.get_running_loop().create_task(self._run(job, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up all jobs, silently, and the connections with them."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: Message, done: Done) -> None:
        async with self._turns:
            result = await self._result(job)
        done(result)

    async def _result(self, job: Message) -> Message:
        probe = self._does.get(type(job))
        if probe is None:
            return JobFailed(ticket=getattr(job, "ticket", ""), error=f"no executor for {job.kind}")
        try:
            return await probe(job)
        except Exception as e:  # Each failure of a probe is the answer to it, never the host's trouble.
            return JobFailed(ticket=job.ticket, error=str(e) or type(e).__name__)  # type: ignore[attr-defined]


async def _grpc(job: ProbeGrpc, trust: Trust) -> Message:
    from lictor_actors.hosts.live.probes.grpc import probe_grpc  # h2: most agents have no check that needs it

    return await probe_grpc(job, trust)


async def _h2ping(job: PingH2, trust: Trust) -> Message:
    from lictor_actors.hosts.live.probes.h2ping import ping_h2

    return await ping_h2(job, trust)


async def _profile(job: TakeProfile) -> Message:
    from lictor_actors.hosts.live.profile import take_profile  # for those who debug an agent

    return await take_profile(job)


async def _root(job: MakeRoot) -> Message:
    from lictor_actors.hosts.live.root_certificate import make_root  # once in the life of a cluster

    return await make_root(job)


async def _jwt(job: VerifyJwt) -> Message:
    from lictor_actors.hosts.live.jwt_signatures import verify_jwt  # for clusters with auth methods

    return await verify_jwt(job)


async def _review(job: ReviewToken) -> Message:
    from lictor_actors.hosts.live.token_reviews import review_token  # for clusters with such auth methods

    return await review_token(job)


def over_tls(trust: Trust) -> dict[type[Message], Probe]:
    """Who does jobs that may go over TLS, with these contexts."""
    return {
        ProbeGrpc: partial(_grpc, trust=trust),
        ProbeHttp: partial(probe_http, trust=trust),
        ProbeTcp: partial(probe_tcp, trust=trust),
        PingH2: partial(_h2ping, trust=trust),
    }


PROBES: dict[type[Message], Probe] = {
    **over_tls(trust),
    ProbeUdp: probe_udp,
    AskRecursors: ask_recursors,
    ReadMachine: read_machine,
    TakeProfile: _profile,
    MakeRoot: _root,
    VerifyJwt: _jwt,
    ReviewToken: _review,
}
"""Who does a job."""
