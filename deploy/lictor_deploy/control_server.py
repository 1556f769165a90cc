"""The parent's ear: a Unix socket on which the command line and ``Cluster`` ask for faults and for facts.

The parent keeps the book of faults. An answer goes out when every process concerned has confirmed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from lictor_actors.faults.book import Fault, FaultBook
from lictor_actors.faults.director import Director
from lictor_actors.faults.selectors import NodeView
from lictor_actors.faults.steps import read_steps
from lictor_actors.faults.verbs import make
from lictor_actors.faults.vocabulary import VERBS
from lictor_deploy.alarms import Alarms
from lictor_deploy.channel import Channel, Said
from lictor_deploy.orders import Orders
from lictor_deploy.parent_faults import Log, ParentFaults
from lictor_deploy.readiness import Readiness
from lictor_deploy.supervisor import Supervisor
from lictor_messages.faults import SetRules


class ControlServer:
    """Answers requests on the control socket. ``alarms`` rings what heals or strikes by itself."""

    def __init__(
        self,
        path: Path,
        supervisor: Supervisor,
        readiness: Readiness,
        homes: Mapping[str, str],
        facts: Said,
        *,
        seed: int = 0,
        data: Path | None = None,
        log: Log | None = None,
    ) -> None:
        self.alarms = Alarms()
        self._path = path
        self._supervisor = supervisor
        self._readiness = readiness
        self._homes = dict(homes)
        """Node → process."""
        self._facts = facts
        self._orders = Orders(supervisor)
        book = FaultBook(self._views, "live", Random(seed))
        self._faults = ParentFaults(book, supervisor, self._orders, self.alarms, self._homes, data, log)
        self._directors: dict[str, Director] = {}

    @property
    def rules(self) -> SetRules:
        """What a process that starts now has to apply."""
        return self._faults.in_force

    def open(self) -> None:
        """Listen; the directory's mode keeps others out."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._path))
        os.chmod(self._path, 0o600)
        listener.listen(8)
        listener.setblocking(False)
        self._supervisor.watch(listener, lambda: self._accept(listener))

    def close(self) -> None:
        """Nobody can ask any more."""
        self._path.unlink(missing_ok=True)

    # -- from the processes --------------------------------------------------

    def done(self, process: str, order: int, count: int) -> None:
        """A process has carried out an order."""
        self._orders.done(process, order, count)

    def gone(self, process: str) -> None:
        """A process died."""
        self._faults.gone(process)
        self._orders.gone(process)

    # -- from the command line -----------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        client, _ = listener.accept()
        channel = Channel(client)
        self._supervisor.watch(channel, lambda: self._hear(channel))

    def _hear(self, client: Channel) -> None:
        for request in client.receive():
            try:
                self._answer(client, request)
            except (LookupError, TypeError, ValueError) as error:
                client.send({"error": plain(error)})
        if client.closed:
            self._supervisor.forget(client)
            client.close()

    def _answer(self, client: Channel, request: Said) -> None:
        match request:
            case {"ask": "facts"}:
                client.send(self._facts)
            case {"ask": "status"}:
                client.send({"status": self._status(), "faults": self._list(), "processes": self._pids()})
            case {"ask": "heal", "fault": str(name)}:
                self._heal(client, [name])
            case {"ask": "heal_all"}:
                self._halt()
                self._heal(client, list(self._faults.book.faults))
            case {"ask": "release"}:
                self._heal(client, self._faults.book.named("hold"))
            case {"ask": "play", "with": {"steps": list(steps)}}:
                self._play(client, steps)
            case {"ask": "halt", "with": {"play": str(name)}}:
                self._halt(name)
                client.send({"struck": self._directors[name].struck})
            case {"ask": str(verb)} if verb in VERBS:
                self._inject(client, verb, request.get("with", {}))
            case _:
                client.send({"error": f"The control socket does not know this request: {request}"})

    def _inject(self, client: Channel, verb: str, said: Said) -> None:
        def confirmed(fault: Fault, count: int) -> None:
            client.send({"fault": fault.id if fault.holds else "", "what": fault.what, "count": count})

        self._faults.inject(make(verb, **said), confirmed)

    def _heal(self, client: Channel, names: list[str]) -> None:
        self._faults.heal(names, lambda healed: client.send({"healed": healed}))

    def _play(self, client: Channel, steps: list[Said]) -> None:
        director = Director(self._faults, read_steps(steps))
        name = f"p{len(self._directors) + 1}"
        self._directors[name] = director
        director.start()
        client.send({"play": name})

    def _halt(self, name: str = "") -> None:
        """End what strikes by plan: this one, or all of them."""
        for known, director in self._directors.items():
            if name in ("", known):
                director.end()

    # -- facts ---------------------------------------------------------------

    def _views(self) -> list[NodeView]:
        leader = self._readiness.leader
        return [NodeView(node, self._readiness.is_server(node), node == leader) for node in self._homes]

    def _status(self) -> Said:
        return {**self._readiness.summary()._asdict(), "majority_leader": self._readiness.leader}

    def _pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._supervisor.processes.items()}

    def _list(self) -> list[dict[str, Any]]:
        return [{"id": fault.id, "what": fault.what} for fault in self._faults.book.faults.values()]


def plain(error: Exception) -> str:
    """The sentence inside an exception; KeyError would put quotes around it."""
    return str(error.args[0]) if error.args else type(error).__name__
