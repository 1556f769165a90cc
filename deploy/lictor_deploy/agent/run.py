"""One node in this process, as ``lictor agent`` runs it: start, say so, obey signals, leave or stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lictor_actors.bus.stream_inlet import Admission
from lictor_actors.hosts.disks.file import DirectoryInUse
from lictor_actors.hosts.doors.unix import path_of
from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.hosts.node import Node
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.journal.segments import JournalTooNew
from lictor_actors.node.live import add_node
from lictor_actors.node.spec import NodeSpec
from lictor_actors.raft.start_over import CannotStartOver
from lictor_deploy.agent.audit import audit_log
from lictor_deploy.agent.bootstrap_reset import ResetFile
from lictor_deploy.agent.exposure import warning
from lictor_deploy.agent.identity import lost_journal
from lictor_deploy.agent.limits import Listener, own_directory, raise_file_limit, require_free
from lictor_deploy.agent.log import start_agent_log
from lictor_deploy.agent.orphans import reap_orphans
from lictor_deploy.agent.pid_file import pid_file
from lictor_deploy.agent.ports_left_out import with_usable_ports
from lictor_deploy.agent.reloading import Reloading
from lictor_deploy.agent.service_manager import READY, STOPPING, tell, told
from lictor_deploy.agent.spec import lane_places, node_spec
from lictor_deploy.agent.telemetry import refiltered, view_of
from lictor_deploy.agent.tls import AgentTls
from lictor_deploy.agent.watches import RunningWatches
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.private import PRIVATE
from lictor_deploy.words.sentence import Failure
from lictor_messages.acl import TakeBootstrapReset
from lictor_messages.agent import LeaveCluster
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, at
from lictor_messages.faults import FAULTS_PATH
from lictor_messages.reload import ReadDefinitions, Reload
from lictor_messages.version import CONSUL_VERSION, VERSION
from lictor_messages.web import HttpAnswered, HttpAsked

if TYPE_CHECKING:
    from lictor_actors.faults.desk import FaultDesk, Reply, Said
    from lictor_actors.hosts.live.jobs import Probe

FILES_NEEDED = 256
LEAVE_S_MAX = 12.0
"""How long a graceful leave may take, beside performance.leave_drain_time, before the process ends without it."""
UNHEEDED = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM)
LANES = (
    ("gossip", "-serf-lan-port or ports.serf_lan"),
    ("server", "-server-port or ports.server"),
    ("gossip of all datacenters", "-serf-wan-port or ports.serf_wan"),
)
"""What ``lane_places`` are for, and how each is moved."""
LEFT, STOPPED = 0, 1
"""Exit codes: Consul's 0 means a graceful leave, everything else is 1."""


def run_agent(config: AgentConfig, *, dev: bool, load: Callable[[], AgentConfig]) -> int:
    """Run until told to stop; the exit code. ``load`` reads the configuration again."""
    if not config.data_dir and not dev:
        raise Failure("data_dir cannot be empty: name a directory with -data-dir, or use -dev to keep nothing.")
    os.umask(PRIVATE)
    start_agent_log(config)
    raise_file_limit(FILES_NEEDED)
    if config.data_dir:
        own_directory(Path(config.data_dir), say=logging.getLogger("lictor").warning)
    if config.data_dir and config.server and (lost := lost_journal(config.data_dir)):
        logging.getLogger("lictor").warning("agent: %s", lost)
    with pid_file(config.pid_file), audit_log(config) as audit:
        return _run_on_free_ports(config, "lictor-dev" if dev else "lictor", load, audit)


def _run_on_free_ports(
    given: AgentConfig, cluster: str, load: Callable[[], AgentConfig], audit: Callable[[str], None] | None
) -> int:
    """Another agent may take a port that was free a moment ago: then once more, without it if it can be left out."""
    config = with_usable_ports(given)
    spec = node_spec(config)
    require_free(listeners(config, spec))
    if open_to_strangers := warning(config):
        logging.getLogger("lictor").warning("agent: %s", open_to_strangers)
    watches, tls = RunningWatches(config.watches), AgentTls(config)
    reloading = Reloading(given, spec, load, watches, tls)
    try:
        return in_loop(AgentRun(config, spec, cluster, reloading, watches, tls, audit).serve())
    except OSError as error:
        if with_usable_ports(given).ports == config.ports:
            raise Failure(f"The agent cannot start: {error.strerror or error}.") from None
    return _run_on_free_ports(given, cluster, load, audit)


def in_loop(work: Coroutine[Any, Any, int]) -> int:
    """Run on uvloop where it is installed, else on asyncio's own loop."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(work)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """The faster of the loops that are there."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.new_event_loop
    return new_event_loop


def listeners(config: AgentConfig, spec: NodeSpec) -> list[Listener]:
    """Every port that the node will open, with the flag that moves it."""
    other = "choose another port with"
    clients, http = spec.client_addresses, f"{'addresses.http' if spec.http_addresses else 'client_addr'}, HTTP"
    https = f"{'addresses.https' if spec.https_addresses else 'client_addr'}, HTTPS"
    dns = f"{'addresses.dns' if spec.dns_addresses else 'client_addr'}, DNS"
    wanted = (
        *((ip, spec.http_port, http, f"{other} -http-port or ports.http") for ip in spec.http_on if not path_of(ip)),
        *(
            (ip, spec.https_port, https, f"{other} -https-port or ports.https")
            for ip in spec.https_on
            if not path_of(ip)
        ),
        *((ip, spec.dns_port, dns, f"{other} -dns-port or ports.dns") for ip in spec.dns_on),
        *((ip, spec.door_port, "client_addr, client bus", f"{other} -bus-port or ports.bus") for ip in clients),
        *(
            (ip, port, f"{key}, {what}", f"{other} {remedy}")
            for (key, ip, port), (what, remedy) in zip(lane_places(config), LANES, strict=False)
        ),
    )
    return [Listener(*row) for row in wanted if row[1] > 0]


class AgentRun:
    """The running node and what ends it."""

    def __init__(
        self,
        config: AgentConfig,
        spec: NodeSpec,
        cluster: str,
        reloading: Reloading,
        watches: RunningWatches,
        tls: AgentTls,
        audit: Callable[[str], None] | None,
    ) -> None:
        self._config = config
        self._spec = spec
        self._watches = watches
        self._tls = tls
        self._audit = audit
        limits = config.limits
        self._host = LiveHost(
            cluster,
            ended=self._ended,
            stopped=self._actor_stopped,
            beside={FAULTS_PATH: self._about_faults},
            work={
                ReadDefinitions: told(reloading.read),
                TakeBootstrapReset: ResetFile(config.data_dir).take,
                **checks_over_tls(config, tls),
            },
            admission=Admission(limits.rpc_max_conns_per_client, limits.rpc_handshake_timeout / 1e9),
            tls=tls.lane,
        )
        reloading.shows = lambda running, now: self._host.metrics.show(spec.node, refiltered(running, now))
        self._node: Node | None = None
        self._desk: FaultDesk | None = None
        self._stopping = False

    async def serve(self) -> int:
        """Start the node, wait for its end, close everything."""
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[int] = self._loop.create_future()
        self._loop.add_signal_handler(signal.SIGINT, self._signalled, self._config.leaves_on_interrupt)
        self._loop.add_signal_handler(signal.SIGTERM, self._signalled, self._config.leaves_on_terminate)
        self._loop.add_signal_handler(signal.SIGHUP, self._reload)
        for number in UNHEEDED:
            self._loop.add_signal_handler(number, unheeded, number)
        orphans = self._loop.create_task(reap_orphans()) if os.getpid() == 1 else None
        try:
            await self._host.start()
            tls = self._tls
            self._node = await add_node(
                self._host, self._spec, (self._watches.open,), tls.https, self._audit, tls.clients
            )
            self._host.metrics.show(self._spec.node, view_of(self._config))
            print(banner(self._spec), flush=True)
            tell(READY)  # it serves; a leader may need other machines, which may be started after this one
            if self._stopping and not self._over.done():
                self._leave()
            return await self._over
        except (JournalCorrupt, JournalTooNew, CannotStartOver, DirectoryInUse) as error:
            raise Failure(f"The agent cannot start: {error}.") from None
        finally:
            if orphans:
                orphans.cancel()
            await self._host.close()

    def _about_faults(self, request: HttpAsked, answer: Callable[[HttpAnswered], None]) -> Callable[[], None]:
        from lictor_actors.faults.over_http import FaultsOverHttp  # the vocabulary is large, and most never need it

        config = self._config
        ask = self._ask_faults if config.enable_fault_injection else None
        faults = FaultsOverHttp(ask, config.fault_injection_token, "It is the agent's fault_injection_token.")
        return faults.ask(request, answer)

    def _ask_faults(self, request: Said, reply: Reply) -> None:
        if self._node is None:
            reply({"error": "the agent is only just starting: ask again"})
            return
        if self._desk is None:
            from lictor_actors.faults.desk import FaultDesk
            from lictor_deploy.agent.faults import agent_faults

            self._desk = FaultDesk(agent_faults(self._host, self._node))
        self._desk.ask(request, reply)

    def _signalled(self, leave: bool) -> None:
        if self._stopping:
            os._exit(STOPPED)  # the second signal: a person who will not wait
        self._stopping = True
        tell(STOPPING)
        if not leave:
            self._end(STOPPED)
            return
        logging.getLogger("lictor").info("agent: leaving gracefully; a second signal stops at once")
        drain_s = self._config.performance.leave_drain_time / 1e9
        self._loop.call_later(LEAVE_S_MAX + drain_s, self._end, STOPPED)
        if self._node is not None:  # else it leaves as soon as it has started: the others may remember it
            self._leave()

    def _reload(self) -> None:
        if self._node is not None:  # else its files are being read for the first time
            logging.getLogger("lictor").info("agent: SIGHUP: reading the configuration again")
            self._tell_agent(Reload())

    def _leave(self) -> None:
        self._tell_agent(LeaveCluster())

    def _tell_agent(self, message: Message) -> None:
        node = self._spec.node
        self._host.post(Envelope(at("host", node), at("agent", node), message))

    def _ended(self, node: str, why: str) -> None:
        failed = self._node is not None and self._node.failed_because
        if failed:
            print(f"The node went down: {why}. The log above says more.", file=sys.stderr)
        self._end(STOPPED if failed else LEFT)

    def _actor_stopped(self, who: str, why: str) -> None:
        """Without it the node is a member that answers probes and does not do its work. A process that ends is seen:
        by its service manager, and by the others, which do without it. An injected fault can be healed instead."""
        if self._config.enable_fault_injection:
            print(f"{who} stopped for good: {why}. The rest of the agent goes on.", file=sys.stderr, flush=True)
            return
        print(f"The agent ends, because {who} stopped for good: {why}.", file=sys.stderr, flush=True)
        self._end(STOPPED)

    def _end(self, status: int) -> None:
        if not self._over.done():
            self._over.set_result(status)


def checks_over_tls(config: AgentConfig, tls: AgentTls) -> dict[type[Message], Probe]:
    """Who does checks that may go over TLS, where the agent's own certificate is to be shown in them."""
    if not config.enable_agent_tls_for_checks:
        return {}
    from lictor_actors.hosts.live.jobs import over_tls

    return over_tls(tls.of_check)


def unheeded(number: signal.Signals) -> None:
    """Consul prints its metrics on SIGUSR1, and as a program in Go lives on after the others."""
    logging.getLogger("lictor").warning(f"agent: {number.name} does nothing here")


def banner(spec: NodeSpec) -> str:
    """What Consul's agent says when it starts, in its order."""
    lines = {
        "Version": f"'v{VERSION}' (Consul {CONSUL_VERSION})",
        "Node ID": f"'{spec.id}'",
        "Node name": f"'{spec.name}'",
        "Datacenter": f"'{spec.dc}'",
        "Server": f"{str(spec.server).lower()} (Bootstrap: {str(spec.bootstrap_expect == 1).lower()})",
        "Client Addr": f"[{' '.join(spec.client_addresses)}] "
        f"(HTTP: {spec.http_port}, HTTPS: {spec.https_port}, DNS: {spec.dns_port}, Bus: {spec.door_port})",
        "Cluster Addr": f"{spec.address} (LAN: {spec.gossip_port}, Server: {spec.server_port})",
    }
    body = "\n".join(f"{name:>18}: {value}" for name, value in lines.items())
    return f"==> Starting Lictor agent...\n{body}\n\n==> Log data will now stream in as it occurs:\n"
