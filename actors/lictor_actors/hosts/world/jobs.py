"""Outside work in the world: scripted answers after a little virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from lictor_messages.acl import BootstrapResetTaken, TakeBootstrapReset
from lictor_messages.auth_methods import JwtVerified, ReviewToken, ServiceAccount, TokenReviewed, VerifyJwt
from lictor_messages.base import Message
from lictor_messages.connect_ca import MakeRoot, Root, RootMade
from lictor_messages.jobs import (
    GrpcProbed,
    H2Pinged,
    HttpProbed,
    JobFailed,
    PingH2,
    ProbeGrpc,
    ProbeHttp,
    ProbeTcp,
    ProbeUdp,
    RunScript,
    ScriptEnded,
    TcpProbed,
    UdpProbed,
)
from lictor_messages.machine import DiskSpace, MachineDescription, MachineRead, Memory, Processor, ReadMachine, System
from lictor_messages.metrics import MetricsRead, ReadMetrics
from lictor_messages.reload import DefinitionsRead, ReadDefinitions

HttpScript = int | tuple[int, str] | Callable[[], int]
"""A status; a status and a body; or something that says which status comes next. 0: the connection is refused."""
Outcome = int | tuple[int, str]
"""Of a program: its exit code, and what it writes."""
Later = Callable[[int, Callable[[], None]], object]
MACHINE = MachineDescription(
    memory=Memory(total=1 << 30, available=1 << 29, used=1 << 29, used_percent=50.0, free=1 << 29),
    processors=(Processor(number=0, model="simulated"),),
    system=System(hostname="", uptime=0, boot_time=0, processes=1, os="world", kernel_version="", kernel_arch=""),
    disk=DiskSpace(path="/", total=1 << 30, free=1 << 29, used=1 << 29, used_percent=50.0),
    collected_ns=0,
)
"""What each node of the world runs on."""


class Jobs:
    """Does an actor's outside work; what is not scripted refuses connections."""

    def __init__(self, rng: Random, later: Later) -> None:
        self.http: dict[str, HttpScript] = {}
        self.tcp: dict[str, bool] = {}
        self.udp: dict[str, bool] = {}
        self.h2ping: dict[str, bool] = {}
        self.grpc: dict[str, int] = {}
        """``host:port``, or ``host:port/service`` → serving status."""
        self.jwts: dict[str, str] = {}
        """JWTs whose signature holds → their claims as JSON."""
        self.accounts: dict[str, ServiceAccount] = {}
        """JWTs that Kubernetes takes → whose they are."""
        self.definitions: dict[str, DefinitionsRead] = {}
        """Node → what its files say when they are read again."""
        self.bootstrap_resets: dict[str, int] = {}
        """Node → what the file of its operator says."""
        self.scripts: dict[tuple[str, ...], Outcome] = {}
        self._rng = rng
        self._later = later

    def run(self, node: str, job: Message, done: Callable[[Message], None]) -> None:
        """Do ``job`` for an actor of ``node``; its result comes 1 to 5 ms later."""
        result = self._result(node, job)
        self._later(self._rng.randint(1_000_000, 5_000_000), lambda: done(result))

    def _result(self, node: str, job: Message) -> Message:
        match job:
            case ProbeHttp():
                return self._http(job)
            case ProbeTcp():
                return TcpProbed(ticket=job.ticket, error=_refused("tcp", job.address, self.tcp))
            case ProbeUdp():
                return UdpProbed(ticket=job.ticket, error=_refused("udp", job.address, self.udp))
            case PingH2():
                return H2Pinged(ticket=job.ticket, error=_refused("tcp", job.address, self.h2ping))
            case ProbeGrpc():
                return self._grpc(job)
            case RunScript():
                return self._script(job)
            case _:
                return self._of_the_node(node, job)

    def _of_the_node(self, node: str, job: Message) -> Message:
        """What is no check."""
        match job:
            case ReadDefinitions():
                return self._definitions(node, job)
            case ReadMachine():
                return MachineRead(ticket=job.ticket, description=MACHINE)
            case ReadMetrics():
                return MetricsRead(ticket=job.ticket)
            case TakeBootstrapReset():
                return BootstrapResetTaken(ticket=job.ticket, index=self.bootstrap_resets.get(node, 0))
            case MakeRoot():
                return RootMade(ticket=job.ticket, root=_root(node, job.cluster_id))
            case VerifyJwt():
                claims = self.jwts.get(job.token, "")
                return JwtVerified(
                    ticket=job.ticket, claims=claims, error="" if claims else "no key fits the signature"
                )
            case ReviewToken():
                account = self.accounts.get(job.token)
                return TokenReviewed(
                    ticket=job.ticket, account=account, error="" if account else "lookup failed: the JWT is not taken"
                )
            case _:
                return JobFailed(ticket=getattr(job, "ticket", ""), error=f"no host does {job.kind}")

    def _http(self, job: ProbeHttp) -> HttpProbed:
        script = self.http.get(job.url, 0)
        if callable(script):
            script = script()
        status, text = script if isinstance(script, tuple) else (script, "")
        if not status:
            return HttpProbed(ticket=job.ticket, text=f'{job.method.capitalize()} "{job.url}": connection refused')
        return HttpProbed(ticket=job.ticket, status=status, status_text=str(status), text=text)

    def _grpc(self, job: ProbeGrpc) -> GrpcProbed:
        target = f"{job.address}/{job.service}" if job.service else job.address
        status = self.grpc.get(target)
        if status is None:
            return GrpcProbed(ticket=job.ticket, error="rpc error: code = Unavailable desc = connection refused")
        return GrpcProbed(ticket=job.ticket, serving_status=status)

    def _definitions(self, node: str, job: ReadDefinitions) -> Message:
        read = self.definitions.get(node)
        if read is None:
            return JobFailed(ticket=job.ticket, error="it was started without files")
        return read.model_copy(update={"ticket": job.ticket})

    def _script(self, job: RunScript) -> ScriptEnded:
        outcome = self.scripts.get(job.args)
        if outcome is None:
            error = f'exec: "{job.args[0]}": executable file not found in $PATH'
            return ScriptEnded(ticket=job.ticket, error=error)
        code, output = outcome if isinstance(outcome, tuple) else (outcome, "")
        return ScriptEnded(ticket=job.ticket, exit_code=code, output=output)


def _root(node: str, cluster_id: str) -> Root:
    """What can be told from that of another node; keys and certificates are not of this world."""
    return Root(
        id=node,
        name="simulated",
        serial_number=1,
        signing_key_id=node,
        external_trust_domain=cluster_id or node,
        not_before="1970-01-01T00:00:00Z",
        not_after="1980-01-01T00:00:00Z",
        root_cert="",
    )


def _refused(network: str, address: str, up: Mapping[str, bool]) -> str:
    return "" if up.get(address) else f"dial {network} {address}: connect: connection refused"
