"""The parent's ear: a Unix socket on which the command line and ``Cluster`` ask for faults and for facts.

The parent keeps the book of faults. An answer goes out when every process concerned has confirmed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from random import Random

from lictor_actors.faults.book import FaultBook
from lictor_actors.faults.desk import FaultDesk, Reply
from lictor_actors.faults.engine import Engine
from lictor_actors.faults.selectors import NodeView, roles_of
from lictor_deploy.local.json_lines import JsonLines, Said
from lictor_deploy.local.parent.alarms import Alarms
from lictor_deploy.local.parent.faults import Log, ProcessesGround
from lictor_deploy.local.parent.federation import Federation
from lictor_deploy.local.parent.orders import Orders
from lictor_deploy.local.parent.supervisor import Supervisor
from lictor_messages.faults import SetRules


class ControlServer:
    """Answers requests on the control socket. ``alarms`` rings what heals or strikes by itself."""

    def __init__(
        self,
        path: Path,
        supervisor: Supervisor,
        convergence: Federation,
        homes: Mapping[str, str],
        facts: Said,
        *,
        seed: int = 0,
        data: Path | None = None,
        log: Log | None = None,
        shared: str = "",
    ) -> None:
        """``shared``: why no node has a process and a disk of its own, "" if some have."""
        self.alarms = Alarms()
        self._path = path
        self._supervisor = supervisor
        self._convergence = convergence
        self._homes = homes
        """Node → process."""
        self._facts = facts
        self._orders = Orders(supervisor)
        self._ground = ProcessesGround(supervisor, self._orders, self.alarms, self._homes, data, log, shared)
        self._desk = FaultDesk(Engine(FaultBook(self._views, "live", Random(seed)), self._ground))
        self._recording = False
        self._listener: socket.socket | None = None

    @property
    def rules(self) -> SetRules:
        """What a process that starts now has to apply."""
        return self._ground.in_force

    def faults(self) -> list[Said]:
        """Those in force, and the plans that are being played."""
        return self._desk.list()

    def trace_of(self, process: str) -> str:
        """Where this process writes down messages, "" for nowhere."""
        return str(self._path_of(process)) if self._recording else ""

    def _path_of(self, process: str) -> Path:
        return Path(self._facts["logs"]) / f"{process}.trace"

    def open(self) -> None:
        """Listen; the directory's mode keeps others out."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._path))
        os.chmod(self._path, 0o600)
        listener.listen(8)
        listener.setblocking(False)
        self._supervisor.watch(listener, lambda: self._accept(listener))
        self._listener = listener

    def open_again(self) -> None:
        """Its file was removed: no command would find the old one any more."""
        self.close()
        self.open()

    def close(self) -> None:
        """No request is taken any more."""
        if self._listener is not None:
            self._supervisor.forget(self._listener)
            self._listener.close()
            self._listener = None
        self._path.unlink(missing_ok=True)

    # -- from the processes --------------------------------------------------

    def done(self, process: str, order: int, count: int) -> None:
        """A process has carried out an order."""
        self._orders.done(process, order, count)

    def hit(self, process: str, hits: dict[str, int]) -> None:
        """How many messages each fault has hit in this process."""
        self._ground.hit(process, hits)

    def gone(self, process: str) -> None:
        """A process died."""
        self._ground.gone(process)
        self._orders.gone(process)

    def cannot_start(self, process: str, why: str) -> None:
        """A process of a cluster that has been whole cannot start: it stays down, the others go on."""
        self._ground.cannot_start(process, why)

    def asked(self, process: str, number: int, request: Said) -> None:
        """One of its nodes was asked over HTTP; the answer goes back the same way."""
        self._answer(request, lambda said: self._supervisor.tell({"answers": number, "said": said}, [process]))

    # -- from the command line -----------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        client, _ = listener.accept()
        channel = JsonLines(client)
        self._supervisor.watch(channel, lambda: self._hear(channel))

    def _hear(self, client: JsonLines) -> None:
        for request in client.receive():
            self._answer(request, client.send)
        if client.closed:
            self._supervisor.forget(client)
            client.close()

    def _answer(self, request: Said, reply: Reply) -> None:
        match request:
            case {"ask": "facts"}:
                reply(self._facts)
            case {"ask": "status"}:
                reply({"status": self._status(), "faults": self._desk.list(), "processes": self._pids()})
            case {"ask": "counted", "with": {"what": str(what)}}:
                orders = [(process, {"count": what}) for process in self._supervisor.processes]
                self._orders.give(orders, lambda count: reply({"counted": count}))
            case {"ask": "record", "with": {"on": bool(on)}}:
                self._record(on, reply)
            case _:
                self._desk.ask(request, reply)

    def _record(self, on: bool, reply: Reply) -> None:
        self._recording = on
        for old in self._path_of("*").parent.glob("*.trace") if on else ():
            old.unlink()
        orders = [(process, {"record": self.trace_of(process)}) for process in self._supervisor.processes]
        self._orders.give(orders, lambda _: reply({"recording": on}))

    # -- facts ---------------------------------------------------------------

    def _views(self) -> list[NodeView]:
        leaders = self._convergence.leaders
        servers = {node: self._convergence.is_server(node) for node in self._homes}
        return [NodeView(node, server, node in leaders, roles_of(server)) for node, server in servers.items()]

    def _status(self) -> Said:
        return {**self._convergence.summary()._asdict(), "majority_leader": self._convergence.leader}

    def _pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._supervisor.processes.items()}
