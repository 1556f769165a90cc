"""The page: what was seen, in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from figures import accusations, buried_alive, known_after, verdicts
from grounds import Ground, Sent
from plot import SERVICES_EACH, Cast, bound_s
from story import Told

from lictor_actors.timeline import TimelineRecord
from lictor_actors.timeline.draw import draw
from lictor_actors.timeline.notes import named

Row = tuple[str, str]
WIDTH = 100
LEADS = "raft: leads term"
INF = float("inf")


def page(ground: Ground, cast: Cast, told: Told, records: Sequence[TimelineRecord]) -> str:
    """All of it, a line each."""
    return "\n".join(_lines(ground, cast, told, records)) + "\n"


def _lines(ground: Ground, cast: Cast, told: Told, records: Sequence[TimelineRecord]) -> Iterator[str]:
    yield f"# {len(cast.everyone):,} nodes, {SERVICES_EACH * len(cast.agents):,} services"
    yield ""
    yield f"On {ground.name}; profile lan; {told.ended:.0f} s of its time."
    yield ""
    if told.failures:
        yield "**Not as expected:**"
        yield from ("", *(f"- {failure}" for failure in told.failures), "")
    for heading, rows in (
        ("Start", _start(cast, told)),
        (f"{len(cast.doomed)} nodes fail, one after the other", _rolling(cast, told, records)),
        ("A leader is killed", _leader(told, records)),
        (f"Two racks of {len(cast.racks[0])} are parted and healed", _racks(cast, told)),
        ("Writes of three clients, all the while", _writes(told)),
        ("Gossip, over all", _gossip(cast, told, records)),
    ):
        yield from (f"## {heading}", "", "| | |", "|---|---|")
        yield from (f"| {name} | {seen} |" for name, seen in rows)
        yield ""
    yield from ("## Timeline", "", "```")
    yield from (line.rstrip() for line in _timeline(cast, told, records))
    yield "```"


def _start(cast: Cast, told: Told) -> Iterator[Row]:
    seconds, before, after = told.rest
    said, size = (getattr(after, what) - getattr(before, what) for what in Sent._fields)
    node_seconds, when = seconds * len(cast.everyone), f"a node and second, in the next {seconds:.0f} s"
    yield "all see all, a leader and the whole catalog, after the start", _s(told.whole)
    yield f"{told.instances:,} services registered", _s(told.registered)
    yield "the catalog has them all, after the first", _s(told.in_catalog)
    yield f"messages {when}", f"{said / node_seconds:.2f}"
    yield f"bytes {when}", f"{size / node_seconds:,.0f}"


def _rolling(cast: Cast, told: Told, records: Sequence[TimelineRecord]) -> Iterator[Row]:
    said, survivors = verdicts(records), set(cast.everyone).difference(cast.doomed)
    known = [known_after(said, death, survivors) for death in told.deaths if death.node in cast.doomed]
    first, last = ([times[place] for times in known if times] for place in (0, -1))
    yield "known to the first other node, after the failure", _spread(first)
    yield "known to all others", _spread(last)
    yield "the bound of the formulas for that", _s(bound_s(len(cast.everyone)))
    yield "failures that all others learned of", f"{sum(len(t) >= len(survivors) for t in known)} of {len(known)}"
    yield "instances healthy in the catalog meanwhile", f"{told.healthy:,} of {told.instances:,}"


def _leader(told: Told, records: Sequence[TimelineRecord]) -> Iterator[Row]:
    old, new = told.leaders
    leads = min((r.t for r in records if r.what.startswith(LEADS) and r.t > told.leader_killed), default=INF)
    answered = (t for written in told.writes.values() for t in written.acknowledged.values())
    yield f"{old} killed, {new} leads after", _s(leads - told.leader_killed)
    yield (
        "a write is acknowledged again after",
        _s(min((t for t in answered if t > leads), default=INF) - told.leader_killed),
    )


def _racks(cast: Cast, told: Told) -> Iterator[Row]:
    yield "parted for", _s(told.healed - told.cut)
    yield (
        "pairs across the cut of which one did not hold the other for dead then",
        f"{told.unaware:,} of {told.pairs:,}",
    )
    yield "all see all again, after they were healed", _s(told.parts_whole - told.healed)


def _writes(told: Told) -> Iterator[Row]:
    for where, written in told.writes.items():
        parted = sum(told.cut <= t <= told.healed for t in written.acknowledged.values())
        yield (
            f"through an agent of {where}",
            f"{len(written.acknowledged)} acknowledged ({parted} while parted), {len(written.refused)} refused, "
            f"{len(written.unknown)} without an answer",
        )
    yield "acknowledged and lost", str(len(told.lost))


def _gossip(cast: Cast, told: Told, records: Sequence[TimelineRecord]) -> Iterator[Row]:
    cut = told.cut, told.parts_whole
    wrong = buried_alive(verdicts(records), told.deaths, cast, cut)
    yield "nodes that lived, within reach, and were declared dead (false positives)", str(len(wrong))
    yield "accusations of nodes that lived, while nothing was parted", str(accusations(records, told.deaths, cut))
    yield "elections", str(sum(record.kind == "election" for record in records))


def _timeline(cast: Cast, told: Told, records: Sequence[TimelineRecord]) -> Iterator[str]:
    """What concerns the servers, and one line for the crowd that failed."""
    servers = [f"{server}.dc1" for server in cast.servers]
    crowd = TimelineRecord(told.deaths[0].at, "", "fault", f"{len(cast.doomed)} agents crash, one after the other")
    shown = [record for record in records if record.kind in ("election", "leader") or _faulty(record, servers)]
    shown = sorted([*shown, crowd], key=lambda record: record.t)
    return draw(shown, shown, WIDTH, lanes=servers)


def _faulty(record: TimelineRecord, servers: Sequence[str]) -> bool:
    return record.kind == "fault" and bool(named(record.what, servers))


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "never"
    return f"{min(seconds):.1f} to {max(seconds):.1f} s, median {statistics.median(seconds):.1f}"


def _s(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
