"""The network between the world's nodes: every message passes the codec, then weather and fault rules decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from lictor_actors.bus.held import HeldMail
from lictor_actors.bus.rules import DROP, PASS, Impairment, Rules
from lictor_actors.hosts.lanes import RoleLanes
from lictor_actors.hosts.world.streams import stream
from lictor_messages.base import Message
from lictor_messages.codec import MESSAGE_MAX, FrameRefused, cluster_id, pack
from lictor_messages.envelope import Envelope, node_of, role_of
from lictor_messages.faults import FaultRule
from lictor_messages.refusals import Refused

if TYPE_CHECKING:
    from lictor_actors.hosts.world.machine import Machine

CLUSTER = cluster_id("world")


@dataclass(frozen=True, slots=True)
class Weather:
    """What the network does by itself. Without ``reorder`` a pair of nodes is first in, first out, as TCP is."""

    latency_min_ns: int = 100_000
    latency_max_ns: int = 1_000_000
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_by_ns: int = 5_000_000


class Network:
    """Carries envelopes between machines."""

    def __init__(
        self,
        seed: int,
        weather: Weather,
        machines: dict[str, Machine],
        after: Callable[[int, Callable[[], None]], object],
        count: Callable[[str], None],
        arrived: Callable[[Envelope, type[Message], int, str], None],
        now: Callable[[], int],
    ) -> None:
        self.weather = weather
        self.rules = Rules()
        self.lanes = RoleLanes()
        self._seed = seed
        self._machines = machines
        self._after = after
        self._count = count
        self._arrived = arrived
        self._now = now
        self._urls: dict[str, Machine] = {}
        self._random: dict[str, Random] = {}
        self._held: HeldMail[Callable[[], None]] = HeldMail()
        self.heard: Callable[[bytes, str, list[bytes]], None] | None = None
        """Is shown each frame that a node has opened, and what was in it."""
        self.messages = 0
        """So many have been sent from node to node, and so many bytes, each message in a frame of its own."""
        self.bytes = 0

    def set_rules(self, rules: tuple[FaultRule, ...]) -> None:
        """These faults are in force from now on; what those before held and these do not goes on."""
        self.rules = Rules(rules, self.rules)
        self._held.release(self.rules, _go)

    def listen(self, machine: Machine) -> None:
        """This machine is reached by its URLs."""
        self._urls.update(dict.fromkeys(machine.urls, machine))

    def local(self, envelope: Envelope, machine: Machine) -> None:
        """Hand over on the same node: no codec and no weather, but the same fault rules."""
        impairment = self.rules.judge(envelope, self._stream(machine.name), self._now()) if self.rules else PASS
        if not impairment.copies:
            self._count("dropped_by_fault")
        for _ in range(impairment.copies):
            if impairment.held:
                self._hold(impairment, lambda: self._later(impairment.delay_ns, machine, envelope))
            elif impairment.delay_ns:
                self._later(impairment.delay_ns, machine, envelope)
            else:
                machine.node.deliver(envelope)

    def carry(self, envelope: Envelope, machine: Machine) -> tuple[bytes, int, str]:
        """Send to another node; returns what goes over the wire (b"" if nothing does), its number, and its fate."""
        target, reason = self._locate(envelope.target, machine)
        try:
            packed = pack(envelope) if target is not None else b""
        except (TypeError, ValueError) as error:
            packed, reason = b"", f"unpackable: {error}"
        if len(packed) > MESSAGE_MAX - 64:
            reason = "too_large"
        if target is None or reason:
            machine.node.refuse(envelope, reason)
            return b"", 0, reason
        impairment = self._judge(envelope, target)
        if target.refuses:
            self._refuse_later(envelope, machine, impairment.copies)
            return packed, 0, "connection_refused"
        self.messages += 1
        boot = target.boots
        for _ in range(impairment.copies):
            data = self._framed(envelope, packed, impairment.corrupt, machine)
            self.bytes += len(data)
            go_on = partial(self._transmit, data, machine, target, impairment.delay_ns, boot, self.messages)
            if impairment.held:
                self._hold(impairment, go_on)
            else:
                go_on()
        return packed, self.messages, _fate(impairment)

    def _hold(self, impairment: Impairment, go_on: Callable[[], None]) -> None:
        self._count("held_by_fault")
        self._held.put(impairment.held, go_on)

    def _framed(self, envelope: Envelope, packed: bytes, corrupt: bool, source: Machine) -> bytes:
        """A frame of its own for each message; a corrupt one has some byte changed on the way."""
        data = source.sealing.framer(envelope)([packed])
        if not corrupt:
            return data
        self._count("corrupted_by_fault")
        rng = self._stream(source.name)
        spoilt = bytearray(data)
        spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
        return bytes(spoilt)

    def _refuse_later(self, envelope: Envelope, machine: Machine, copies: int) -> None:
        """The connection is refused: the sender learns it after a round trip, if the network lets anything through."""
        if copies:
            boot, there = machine.boots, self._stream(machine.name)
            latency = 2 * there.randint(self.weather.latency_min_ns, self.weather.latency_max_ns)
            self._after(latency, lambda: self._refused(envelope, machine, boot))

    def _refused(self, envelope: Envelope, machine: Machine, boot: int) -> None:
        if machine.running and machine.boots == boot:
            machine.node.refuse(envelope, "connection_refused")

    def _locate(self, address: str, machine: Machine) -> tuple[Machine | None, str]:
        name = node_of(address)
        if "://" in name:
            found = self._urls.get(name)
        else:
            url = machine.directory.url(name, self.lanes.of(role_of(address)))
            if not url:
                return None, "unknown_address"
            found = self._urls.get(url)
        return found, "" if found else "connection_refused"

    def _judge(self, envelope: Envelope, target: Machine) -> Impairment:
        rng, impairment = self._stream(node_of(envelope.source)), PASS
        if self.rules:
            impairment = self.rules.judge(_by_name(envelope, target), rng, self._now())
            if impairment.copies != 1:
                self._count("duplicated_by_fault" if impairment.copies else "dropped_by_fault")
        weather = self.weather
        if impairment.copies and weather.loss and rng.random() < weather.loss:
            self._count("lost_by_weather")
            return DROP
        if impairment.copies and weather.duplicate and rng.random() < weather.duplicate:
            self._count("duplicated_by_weather")
            return impairment._replace(copies=impairment.copies + 1)
        return impairment

    def _transmit(self, data: bytes, source: Machine, target: Machine, delay: int, boot: int, number: int) -> None:
        rng, weather = self._stream(source.name), self.weather
        latency = rng.randint(weather.latency_min_ns, weather.latency_max_ns)
        if delay or (weather.reorder and rng.random() < weather.reorder):
            latency += delay or rng.randint(0, weather.reorder_by_ns)
        else:
            latency = source.in_line(target.name, latency)
        self._after(latency, lambda: self._arrive(data, target, boot, number))

    def _arrive(self, data: bytes, target: Machine, boot: int, number: int) -> None:
        # A pipe dies with its peer: nothing stale is delivered into the peer's next life.
        if not target.running or target.boots != boot:
            self._count("sent_to_a_dead_node")
            return
        try:
            parts = list(target.sealing.opened(data))
        except FrameRefused as refusal:
            self._count(f"frame_{refusal.reason}")
            return
        if self.heard is not None:
            self.heard(data, target.name, parts)
        for part in parts:
            envelope = target.intake.admit(part, partial(self._kept_out, target, number))
            if envelope is not None:
                self._arrived(envelope, type(envelope.body), number, target.name)
                target.receive(envelope)

    def _kept_out(
        self, target: Machine, number: int, envelope: Envelope, kind: type[Message], answer: Refused | None
    ) -> None:
        self._arrived(envelope, kind, number, target.name)
        target.node.keep_out(envelope, answer)

    def _later(self, delay: int, machine: Machine, envelope: Envelope) -> None:
        boot = machine.boots

        def arrive() -> None:
            if machine.running and machine.boots == boot:
                machine.node.deliver(envelope)

        self._after(delay, arrive)

    def _stream(self, node: str) -> Random:
        rng = self._random.get(node)
        if rng is None:
            rng = self._random[node] = stream(self._seed, node, "network")
        return rng


def _fate(impairment: Impairment) -> str:
    """What the network did to a message, in a word; "" if nothing."""
    if not impairment.copies:
        return "dropped"
    if impairment.corrupt:
        return "corrupted"
    if impairment.held:
        return "held"
    if impairment.copies > 1:
        return "duplicated"
    return "delayed" if impairment.delay_ns else ""


def _go(send: Callable[[], None]) -> None:
    send()


def _by_name(e: Envelope, target: Machine) -> Envelope:
    """A rule names nodes; a join names a URL."""
    if "://" not in e.target:
        return e
    return Envelope(e.source, f"{role_of(e.target)}@{target.name}", e.body, request=e.request)
