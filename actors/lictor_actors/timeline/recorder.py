"""Records what happens in a world."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from lictor_actors.hosts.world.trace import Tap
from lictor_actors.hosts.world.world import World
from lictor_actors.timeline.choose import STORY, choose
from lictor_actors.timeline.draw import draw
from lictor_actors.timeline.notes import fault_of, kind_of, named
from lictor_actors.timeline.record import Fate, TimelineRecord
from lictor_actors.timeline.words import describe
from lictor_messages.envelope import Envelope, node_of, role_of

ACTORS = ("agent", "checker", "dns", "gateway", "host", "prober", "server", "supervisor")
"""Any other sender is a person's doorway."""
FATES: dict[str, Fate] = {
    "": "lost",
    "dropped": "dropped",
    "delayed": "delayed",
    "held": "held",
    "duplicated": "duplicated",
    "corrupted": "corrupted",
}
"""What becomes of a message that never arrives, by what the network did; anything else: refused."""


class Recorder(Tap):
    """Listens to a world from now on. ``messages`` False leaves out what nodes say to each other."""

    def __init__(self, world: World, *, messages: bool = True) -> None:
        self._world = world
        self._messages = messages
        self._records: list[TimelineRecord] = []
        self._under_way: dict[int, int] = {}
        """Number of a message -> place of its record."""
        self._asked: dict[str, int] = {}
        """Request of somebody outside -> place of its record."""
        self._faults: dict[str, int] = {}
        world.trace.taps.append(self)

    def records(self) -> list[TimelineRecord]:
        """Everything so far, in the order of time."""
        return sorted(self._records, key=lambda record: record.t)

    def __repr__(self) -> str:
        return f"<{len(self._records)} records of a timeline>"

    def _repr_html_(self) -> str:
        """The story, as ``lictor timeline`` draws it in a terminal."""
        everything = self.records()
        return f"<pre>{escape(chr(10).join(draw(choose(everything, STORY), everything)))}</pre>"

    def verdict(self, t: float, what: str) -> None:
        """A judge has spoken."""
        self._records.append(TimelineRecord(t, "", "verdict", what))

    # -- what the world shows --------------------------------------------------

    def sent(self, time: int, number: int, envelope: Envelope, fate: str) -> None:
        """See ``Tap``."""
        if role_of(envelope.source) not in ACTORS:
            self._call(time, envelope)
        elif role_of(envelope.target) not in ACTORS:
            self._answer(time, envelope)
        elif self._messages and (number or fate):
            self._message(time, number, envelope, fate)

    def delivered(self, time: int, number: int, target: str) -> None:
        """See ``Tap``."""
        place = self._under_way.get(number)
        if place is None:
            return
        record = self._records[place]
        if record.until:  # once more
            self._records.append(replace(record, until=_s(time), to=target, fate="duplicated"))
        else:
            fate: Fate = record.fate if record.fate in ("delayed", "held", "duplicated") else ""
            self._records[place] = replace(record, until=_s(time), to=target, fate=fate)

    def note(self, time: int, who: str, event: str) -> None:
        """See ``Tap``."""
        kind = kind_of(event)
        if kind is not None:
            self._records.append(TimelineRecord(_s(time), node_of(who), kind, event, role=role_of(who)))

    def fault(self, time: int, event: str) -> None:
        """See ``Tap``."""
        name, healed, words = fault_of(event)
        if healed:
            place = self._faults.pop(name, None)
            if place is not None:
                self._records[place] = replace(self._records[place], until=_s(time))
            return
        if name:
            self._faults[name] = len(self._records)
            words = f"{name} {words}"
        nodes = named(words, list(self._world.machines))
        self._records.append(TimelineRecord(_s(time), nodes[0] if len(nodes) == 1 else "", "fault", words))

    # -- records that end later --------------------------------------------------

    def _message(self, time: int, number: int, envelope: Envelope, fate: str) -> None:
        if number:
            self._under_way[number] = len(self._records)
        self._records.append(
            TimelineRecord(
                _s(time),
                node_of(envelope.source),
                "message",
                envelope.body.kind,
                cause=envelope.cause or envelope.request,
                role=role_of(envelope.source),
                to=node_of(envelope.target),
                fate=FATES.get(fate, "refused"),
            )
        )

    def _call(self, time: int, envelope: Envelope) -> None:
        if not envelope.request:
            return
        self._asked[envelope.request] = len(self._records)
        self._records.append(
            TimelineRecord(
                _s(time),
                node_of(envelope.source),
                "operation",
                describe(envelope.body),
                cause=envelope.request,
                role=role_of(envelope.source),
            )
        )

    def _answer(self, time: int, envelope: Envelope) -> None:
        place = self._asked.pop(envelope.request, None)
        if place is not None:
            asked = self._records[place]
            what = f"{asked.what} → {describe(envelope.body)}"
            self._records[place] = replace(asked, what=what, until=_s(time))


def _s(time: int) -> float:
    return round(time / 1e9, 6)
