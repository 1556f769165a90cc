"""From a verb to what is to be done: rules on messages, disks and clocks, deeds now and deeds when it heals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lictor_actors.faults import vocabulary as v
from lictor_actors.faults.selectors import NodeView
from lictor_actors.faults.vocabulary import written_as
from lictor_messages.envelope import node_of, role_of
from lictor_messages.faults import ActorVerb, ClockRule, DiskRule, FaultRule, HandleActor, SpoilOnce

Resolve = Callable[[Iterable[str]], tuple[str, ...]]
Names = tuple[str, ...]
EVERYONE = ("all",)
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Writing:
    """A verb with its selectors resolved."""

    told: str
    rules: tuple[FaultRule, ...] = ()
    disks: tuple[DiskRule, ...] = ()
    clocks: tuple[ClockRule, ...] = ()
    now: tuple[HandleActor | SpoilOnce, ...] = ()
    undo: tuple[HandleActor, ...] = ()
    stall: tuple[float, float] | None = None


def written(verb: v.Verb, id: str, nodes: Sequence[NodeView], resolve: Resolve) -> Writing:
    """What the verb means for these nodes under this id. Raises LookupError, ValueError."""
    match verb:
        case v.Partition():
            groups = [resolve(group) for group in verb.groups]
            return _split(verb, id, _apart(groups) if len(groups) > 1 else [groups[0], _others(groups[0], nodes)])
        case v.Isolate():
            return _isolate(verb, id, resolve(verb.nodes), nodes)
        case v.Bridge():
            return _bridge(verb, id, resolve(verb.node), nodes)
        case v._Link():
            return _link(verb, id, resolve)
        case v._Nodes():
            return _on_nodes(verb, id, resolve(verb.nodes))
    raise ValueError(f"{verb.name} is no verb")


# -- network -------------------------------------------------------------------


def _apart(groups: Sequence[Names]) -> list[Names]:
    """Nobody is in two of them: whom several name belongs to the first, as in ``partition leader servers``."""
    taken: dict[str, None] = {}
    apart = []
    for group in groups:
        left = tuple(name for name in group if name not in taken)
        if not left:
            raise LookupError(f"{' '.join(group)} is in an earlier group already: nobody is left in this one")
        taken.update(dict.fromkeys(left))
        apart.append(left)
    return apart


def _split(verb: v._Network, id: str, groups: Sequence[Names]) -> Writing:
    for group in groups:
        _whole(verb.name, group)
    told = " | ".join(" ".join(group) for group in groups)
    rule = _rule(verb, id, effect="drop", groups=tuple(groups), direction=verb.direction)
    return Writing(told + _options(verb), (rule,))


def _isolate(verb: v.Isolate, id: str, names: Names, nodes: Sequence[NodeView]) -> Writing:
    addresses = tuple(name for name in names if "@" in name)
    whole = tuple(name for name in names if "@" not in name)
    rules = []
    if addresses and verb.direction in ("to", "both"):
        rules.append(_rule(verb, id, effect="drop", sources=addresses))
    if addresses and verb.direction in ("from", "both"):
        rules.append(_rule(verb, id, effect="drop", targets=addresses))
    if whole:
        groups = (*((name,) for name in whole), _others(whole, nodes))
        rules.append(_rule(verb, id, effect="drop", groups=groups, direction=verb.direction))
    return Writing(" ".join(names) + _options(verb), tuple(rules))


def _bridge(verb: v.Bridge, id: str, names: Names, nodes: Sequence[NodeView]) -> Writing:
    if len(names) != 1 or "@" in names[0]:
        raise ValueError(f"a bridge is one node, not {' '.join(names)}")
    others = [node for node in nodes if node.name != names[0]]
    ordered = [n.name for n in others if n.server] + [n.name for n in others if not n.server]
    halves = [tuple(ordered[0::2]), tuple(ordered[1::2])]
    rule = _rule(verb, id, effect="drop", groups=tuple(halves), direction=verb.direction)
    told = f"{names[0]} between {' '.join(halves[0])} | {' '.join(halves[1])}"
    return Writing(told + _options(verb), (rule,))


def _link(verb: v._Link, id: str, resolve: Resolve) -> Writing:
    from_, to = _anyone(verb.sources, resolve), _anyone(verb.targets, resolve)
    ends = [(from_, to)] if verb.direction == "to" else [(to, from_)]
    if verb.direction == "both":
        ends.append((from_, to))
    effect = _effect(verb)
    told = f"{' '.join(from_) or 'all'} > {' '.join(to) or 'all'}"
    rules = tuple(_rule(verb, id, sources=sources, targets=targets, **effect) for sources, targets in ends)
    return Writing(told + _options(verb), rules)


def _effect(verb: v._Link) -> dict[str, Any]:
    match verb:
        case v.Delay():
            times = {"delay_ns": _ns(verb.latency_s), "jitter_ns": _ns(verb.jitter_s)}
            return {"effect": "delay", "correlation": verb.correlation, **times}
        case v.Reorder():
            return {"effect": "delay", "jitter_ns": _ns(verb.within_s)}
        case v.Loss():
            return {"effect": "drop", "correlation": verb.correlation}
        case v.Bandwidth():
            return {"effect": "bandwidth", "bytes_per_s": verb.bytes_per_s}
        case v.Duplicate() | v.Hold() | v.Corrupt():
            return {"effect": verb.name}
    return {"effect": "drop"}


def _rule(verb: v._Network, id: str, **rule: Any) -> FaultRule:
    return FaultRule(id=id, kinds=verb.match, probability=verb.probability, **rule)


def _anyone(who: Names, resolve: Resolve) -> Names:
    return () if who == EVERYONE else resolve(who)


def _others(names: Iterable[str], nodes: Sequence[NodeView]) -> Names:
    named = dict.fromkeys(names)
    return tuple(node.name for node in nodes if node.name not in named)


# -- nodes, clocks, disks ------------------------------------------------------

_DEEDS: dict[type[v.Verb], tuple[ActorVerb, ActorVerb | None]] = {
    v.Pause: ("pause", "resume"),
    v.Stall: ("pause", "resume"),
    v.Resume: ("resume", None),
    v.Crash: ("crash", "restart"),
    v.Kill: ("kill", "restart"),
    v.Stop: ("stop", "restart"),
    v.Restart: ("restart", None),
    v.LoseUnsynced: ("cut_power", "restart"),
    v.TornWrite: ("cut_power", "restart"),
}


def _on_nodes(verb: v._Nodes, id: str, names: Names) -> Writing:
    told = " ".join(names) + _options(verb)
    if not isinstance(verb, v.Pause | v.Stall | v.Resume | v.Crash | v.Restart):
        _whole(verb.name, names)
    match verb:
        case v.Skew():
            return Writing(told, clocks=tuple(ClockRule(id=id, node=n, skew_ns=_ns(verb.by_s)) for n in names))
        case v.Drift():
            ppm = round((verb.rate - 1) * v.PPM)
            return Writing(told, clocks=tuple(ClockRule(id=id, node=n, drift_ppm=ppm) for n in names))
        case v.Jump():
            return Writing(told, now=tuple(SpoilOnce(node=n, what="jump", by_ns=_ns(verb.by_s)) for n in names))
        case v.BitFlip():
            return Writing(told, now=tuple(SpoilOnce(node=n, what="bit_flip") for n in names))
        case v.SlowDisk() | v.FullDisk() | v.IoError() | v.LyingFsync():
            return _on_disks(verb, id, names, told)
    return _deeds(verb, names, told)


def _on_disks(verb: v._Nodes, id: str, names: Names, told: str) -> Writing:
    match verb:
        case v.SlowDisk():
            rule: dict[str, Any] = {"effect": "slow", "latency_ns": _ns(verb.fsync_s), "probability": verb.probability}
        case v.IoError():
            rule = {"effect": "error", "probability": verb.probability}
        case _:
            rule = {"effect": "full" if isinstance(verb, v.FullDisk) else "lie"}
    stops = isinstance(verb, v.FullDisk | v.IoError)
    undo = tuple(HandleActor(verb="mend", node=n) for n in names) if stops else ()
    return Writing(told, disks=tuple(DiskRule(id=id, node=n, **rule) for n in names), undo=undo)


def _deeds(verb: v._Nodes, names: Names, told: str) -> Writing:
    do, back = _DEEDS[type(verb)]
    options = {"torn": isinstance(verb, v.TornWrite)}
    if isinstance(verb, v.Restart) and verb.wipe:
        _whole("restart with wipe", names)
        options["wipe"] = True
    now = tuple(_handle(do, name, **options) for name in names)
    undo = tuple(_handle(back, name) for name in names) if back else ()
    stall = (verb.busy_s, verb.every_s) if isinstance(verb, v.Stall) else None
    return Writing(told, now=now, undo=undo, stall=stall)


def _whole(what: str, names: Names) -> None:
    actors = [name for name in names if "@" in name]
    if actors:
        raise ValueError(f"{what} is for nodes, not for an actor like {actors[0]}")


def _handle(verb: ActorVerb, name: str, **options: bool) -> HandleActor:
    if "@" in name:
        return HandleActor(verb=verb, node=node_of(name), role=role_of(name), **options)
    return HandleActor(verb=verb, node=name, **options)


def _options(verb: v.Verb) -> str:
    """What was said beyond whom it is for."""
    whom = ("groups", "nodes", "node", "sources", "targets")
    said = verb.model_dump(exclude_defaults=True, exclude=set(whom))
    fields = type(verb).model_fields
    return "".join(f" {written_as(name, fields[name])}={_plain(name, said[name])}" for name in fields if name in said)


def _plain(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    unit = "s" if name.endswith("_s") and name != "bytes_per_s" else ""
    return f"{value:g}{unit}" if isinstance(value, float) else str(value).lower()


def _ns(seconds: float) -> int:
    return round(seconds * SECOND)
