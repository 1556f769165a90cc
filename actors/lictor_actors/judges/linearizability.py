"""Is there an order of the operations on a key that explains every answer and respects real time?

The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with Lowe's cache of states already
seen ("Testing for linearizability", 2017), one key at a time: a map of registers is linearizable if each register
is (Herlihy and Wing, 1990, locality). An operation of unknown outcome may take effect at any time after its call, or
never.

A lock is a register that holds its session: it is taken if it is free or one's own, and free when it is given back or
its session ends. That somebody did not get it may also be due to a lock-delay, and proves only that it is not theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lictor_actors.judges.history import ClientOperation, History

STEPS_MAX = 2_000_000
"""Operations of unknown outcome make the search exponential; beyond this the judge does not decide."""
_Step = tuple[str, bytes | None, bytes | None]
"""What an operation does to the register: its action, the value written or read, the value a cas depends on."""


@dataclass(frozen=True, slots=True)
class KeyVerdict:
    """The judgement on one key. ``ordered`` is the longest prefix of an order that could be found."""

    key: str
    ok: bool
    decided: bool = True
    why: str = ""
    ordered: tuple[ClientOperation, ...] = ()
    stuck: tuple[ClientOperation, ...] = ()
    """What could not be put into the order."""

    def __str__(self) -> str:
        if self.ok:
            return f"{self.key}: linearizable"
        lines = [f"{self.key}: {self.why}", *(f"  {o}" for o in self.ordered[-8:]), "  then none of:"]
        return "\n".join([*lines, *(f"  {o}" for o in self.stuck[:8])])


def judge(history: History) -> list[KeyVerdict]:
    """One verdict for each key."""
    return [judge_key(key, operations) for key, operations in history.by_key().items()]


def judge_key(key: str, operations: Sequence[ClientOperation], steps_max: int = STEPS_MAX) -> KeyVerdict:
    """Search an order for the operations of one key."""
    written, contradiction = _indexes(operations)
    if contradiction or (contradiction := _out_of_order(operations)):
        return KeyVerdict(key, False, why=contradiction)
    # What nobody was told of and nobody ever saw may never have happened: most histories are explained without it.
    seen = {o.value for o in operations if o.known}
    likely = [o for o in operations if o.known or (o.value is not None and o.value in seen)]
    verdict = _search(key, likely, written, steps_max)
    if len(likely) == len(operations) or (verdict.ok and verdict.decided):
        return verdict
    return _search(key, operations, written, steps_max)


def _search(key: str, operations: Sequence[ClientOperation], written: dict[int, bytes], steps_max: int) -> KeyVerdict:
    return _Search(key, operations, [_step_of(o, written) for o in operations], steps_max).run()


def _indexes(operations: Sequence[ClientOperation]) -> tuple[dict[int, bytes], str]:
    """Which value stood under which ModifyIndex; an index that stood for two values is a contradiction in itself."""
    values: dict[int, bytes] = {}
    indexes: dict[bytes, int] = {}
    for o in operations:
        if not o.known or not o.ok or o.value is None or not o.index:
            continue
        if values.setdefault(o.index, o.value) != o.value or indexes.setdefault(o.value, o.index) != o.index:
            return {}, f"{o} contradicts another answer about index {o.index}"
    return values, ""


def _out_of_order(operations: Sequence[ClientOperation]) -> str:
    """A write that was called after another had returned has the higher index."""
    writes = [o for o in operations if o.known and o.ok and o.index and o.action != "get"]
    returned = sorted(writes, key=lambda o: o.returned)
    highest: ClientOperation | None = None
    position = 0
    for o in sorted(writes, key=lambda o: o.called):
        while position < len(returned) and returned[position].returned < o.called:
            done = returned[position]
            highest = done if highest is None or done.index > highest.index else highest
            position += 1
        if highest is not None and o.index <= highest.index:
            return f"{o} came after {highest} and has no higher index"
    return ""


def _step_of(o: ClientOperation, written: dict[int, bytes]) -> _Step:
    """Values are unique, so that a cas on an index is a cas on the value that stood under it."""
    if o.action in ("acquire", "release", "end"):
        # An end that nobody saw matters to a holder only; placed elsewhere it would do nothing but multiply the search.
        action = "release" if not o.known and o.action == "end" else o.action
        return (action if o.ok else f"no {action}", o.value, None)
    if o.action == "cas":
        expected = written.get(o.expected, b"\x00never") if o.expected else None
        return ("cas" if not o.known else "won" if o.ok else "lost", o.value, expected)
    return (o.action, o.value, None)


def _apply(step: _Step, state: bytes | None) -> tuple[bool, bytes | None]:
    """Can the register be in ``state`` when this happens, and what is it then?"""
    action, value, expected = step
    match action:
        case "get":
            return state == value, state
        case "put":
            return True, value
        case "delete":
            return True, None
        case "won":
            return state == expected, value
        case "lost":
            return state != expected, state
        case "acquire":
            return state in (None, value), value
        case "release":
            return state == value, None
        case "no acquire" | "no release":
            return state != value, state
        case "end":
            return True, None if state == value else state
        case _:
            return True, value if state == expected else state


class _Search:
    """The events are a doubly linked list: a call is lifted out, with its return, once it has been put in order."""

    def __init__(self, key: str, operations: Sequence[ClientOperation], steps: list[_Step], steps_max: int) -> None:
        self._key = key
        self._operations = operations
        self._steps = steps
        self._steps_max = steps_max
        self._left = sum(o.known for o in operations)
        """Operations that have to be put in order; the others may."""
        count = len(operations)
        # Calls come before returns at the same instant. Event e < count is a call, e - count its operation otherwise.
        events = sorted(
            [(o.called, 0, i) for i, o in enumerate(operations)]
            + [(o.returned, 1, i) for i, o in enumerate(operations)]
        )
        self._order = [i if kind == 0 else i + count for _, kind, i in events]
        self._next = [-1] * (2 * count + 1)
        self._before = [-1] * (2 * count + 1)
        self._head = 2 * count
        for left, right in zip([self._head, *self._order], self._order, strict=False):
            self._next[left], self._before[right] = right, left

    def run(self) -> KeyVerdict:
        count = len(self._operations)
        stack: list[tuple[int, bytes | None]] = []
        longest: list[int] = []
        state: bytes | None = None
        done, seen = 0, {(0, state)}
        event, steps = self._next[self._head], 0
        while self._left:
            steps += 1
            if steps > self._steps_max:
                return KeyVerdict(self._key, True, decided=False, why=f"not decided in {self._steps_max} steps")
            if event < count:
                ok, after = _apply(self._steps[event], state)
                bits = done | 1 << event
                if ok and (bits, after) not in seen:
                    seen.add((bits, after))
                    stack.append((event, state))
                    state, done = after, bits
                    self._lift(event)
                    event = self._next[self._head]
                else:
                    event = self._next[event]
                continue
            if len(stack) >= len(longest):
                longest = [call for call, _ in stack]
            if not stack:
                return self._failed(longest)
            event, state = stack.pop()
            done &= ~(1 << event)
            self._unlift(event)
            event = self._next[event]
        return KeyVerdict(self._key, True)

    def _failed(self, longest: list[int]) -> KeyVerdict:
        put = dict.fromkeys(longest)
        stuck = [self._operations[e] for e in self._order if e < len(self._operations) and e not in put]
        ordered = tuple(self._operations[call] for call in longest)
        return KeyVerdict(self._key, False, why="no order explains the answers", ordered=ordered, stuck=tuple(stuck))

    def _lift(self, call: int) -> None:
        self._left -= self._operations[call].known
        for event in (call, call + len(self._operations)):
            before, after = self._before[event], self._next[event]
            self._next[before] = after
            if after != -1:
                self._before[after] = before

    def _unlift(self, call: int) -> None:
        self._left += self._operations[call].known
        for event in (call + len(self._operations), call):
            before, after = self._before[event], self._next[event]
            self._next[before] = event
            if after != -1:
                self._before[after] = event
