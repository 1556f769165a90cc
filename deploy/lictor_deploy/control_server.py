"""The parent's ear: a Unix socket on which the command line and ``Cluster`` ask for faults and for facts.

The parent keeps the book of faults. An answer goes out when every process concerned has confirmed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lictor_actors.faults.book import Fault, FaultBook
from lictor_actors.faults.selectors import NodeView
from lictor_deploy.channel import Channel, Said
from lictor_deploy.readiness import Readiness
from lictor_deploy.supervisor import Supervisor
from lictor_messages.faults import FaultRule, HandleActor, SetRules

VERBS = ("isolate", "cut", "lose", "delay", "duplicate", "pause", "resume", "crash", "restart")
"""What may be called on the book with keyword arguments; ``partition`` takes groups and is apart."""


@dataclass
class Wish:
    """Something that processes were told and have not all confirmed."""

    waiting: dict[int, str]
    """Order → process."""
    answer: Callable[[int], None]
    count: int = 0
    """Actors that were found."""


class ControlServer:
    """Answers requests on the control socket."""

    def __init__(
        self, path: Path, supervisor: Supervisor, readiness: Readiness, homes: Mapping[str, str], facts: Said
    ) -> None:
        self._path = path
        self._supervisor = supervisor
        self._readiness = readiness
        self._homes = dict(homes)
        """Node → process."""
        self._facts = facts
        self._book = FaultBook(self._views)
        self._orders = 0
        self._wishes: list[Wish] = []

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """What a process that starts now has to apply."""
        return self._book.rules

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
        for wish in list(self._wishes):
            if wish.waiting.get(order) == process:
                wish.count += count
                self._strike(wish, order)

    def gone(self, process: str) -> None:
        """A process died: it gets the rules when it starts again, so nobody waits for it."""
        for wish in list(self._wishes):
            for order in [order for order, name in wish.waiting.items() if name == process]:
                self._strike(wish, order)

    def _strike(self, wish: Wish, order: int) -> None:
        wish.waiting.pop(order, None)
        self._settle(wish)

    def _settle(self, wish: Wish) -> None:
        if not wish.waiting and wish in self._wishes:
            self._wishes.remove(wish)
            wish.answer(wish.count)

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
                self._heal(client, list(self._book.faults))
            case {"ask": "partition", "with": {"groups": list(groups)}}:
                self._inject(client, self._book.partition(*groups))
            case {"ask": str(verb), "with": dict(arguments)} if verb in VERBS:
                self._inject(client, getattr(self._book, verb)(**arguments))
            case _:
                client.send({"error": f"The control socket does not know this request: {request}"})

    def _inject(self, client: Channel, fault: Fault) -> None:
        held = fault.id in self._book.faults
        fact = {"fault": fault.id if held else "", "what": fault.what}
        self._tell(bool(fault.rules), fault.now, lambda count: client.send({**fact, "count": count}))

    def _heal(self, client: Channel, names: Iterable[str]) -> None:
        healed = [fault for fault in map(self._book.heal, names) if fault is not None]
        said = {"healed": [fault.id for fault in healed]}
        undo = [wish for fault in healed for wish in fault.undo]
        rules = any(fault.rules for fault in healed)
        self._tell(rules, undo, lambda _count: client.send(said))

    def _tell(self, rules: bool, actors: Iterable[HandleActor], answer: Callable[[int], None]) -> None:
        wish = Wish({}, answer)
        self._wishes.append(wish)
        if rules:
            new = {"rules": SetRules(rules=self._book.rules).model_dump(mode="json")}
            for process in self._supervisor.processes:
                self._order(wish, process, new)
        for actor in actors:
            self._order(wish, self._homes[actor.node], {"actor": actor.model_dump(mode="json")})
        self._settle(wish)

    def _order(self, wish: Wish, process: str, message: Said) -> None:
        self._orders += 1
        if self._supervisor.tell({**message, "order": self._orders}, [process]):
            wish.waiting[self._orders] = process

    # -- facts ---------------------------------------------------------------

    def _views(self) -> list[NodeView]:
        leader = self._readiness.leader
        return [NodeView(node, self._readiness.is_server(node), node == leader) for node in self._homes]

    def _status(self) -> Said:
        return {**self._readiness.summary()._asdict(), "majority_leader": self._readiness.leader}

    def _pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._supervisor.processes.items()}

    def _list(self) -> list[dict[str, Any]]:
        return [{"id": fault.id, "what": fault.what} for fault in self._book.faults.values()]


def plain(error: Exception) -> str:
    """The sentence inside an exception; KeyError would put quotes around it."""
    return str(error.args[0]) if error.args else type(error).__name__
