"""Push/pull between two members: bytes and processor time of both, of whole views and by what they sum up to.

    python benchmarks exchanges

Two probers and the codec, without sockets: what an exchange costs beside the frames that it travels in.
"""

from __future__ import annotations

import statistics
import time
from random import Random

from table import show

from lictor_actors.kernel.effects import Send
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.swim.updates import Hearing
from lictor_messages.codec import pack, pack_body, unpack
from lictor_messages.envelope import at, node_of, role_of
from lictor_messages.swim import Alive, ProberOptions

TAGS = {"role": "node", "dc": "dc1", "id": "5b1c8a3e-0f5d-4a8e-9a9e-1d2f3a4b5c6d", "vsn": "3", "build": "1.21.0"}
"""About as many as an agent has."""


def main(quick: bool = False) -> None:
    """Measure and print."""
    rows = []
    for members in (100, 1000):
        for differences in (0, 1, 10, 50, 100):
            for way in ("ask", "exchange"):
                tries = [_exchange(members, differences, way) for _ in range(3 if quick else 15)]
                size, spent = tries[0][0], statistics.median(spent for _, spent in tries)
                said = "whole views" if way == "ask" else "by sums"
                rows.append((f"{members} members, {differences} differ, {said}", f"{size:,}", f"{spent / 1e6:.2f}"))
    show("One push/pull", ("", "bytes, both ways", "ms of CPU, both sides"), rows)


def _exchange(members: int, differences: int, way: str) -> tuple[int, int]:
    """Bytes and nanoseconds of one exchange between two who know each other and ``members`` more."""
    lives = {name: _life(name) for name in ("a", "b")}
    records = [_record(name, 1) for name in ("a", "b", *(f"node-{n:04}" for n in range(members)))]
    newer = [_record(f"node-{n:04}", 2) for n in range(differences)]
    for name, life in lives.items():
        known = (*records, *(newer if name == "a" else ()))
        _prober(life).pool.updates.take_in(known, Hearing("", quiet=True), Turn(life, 0, 0, None))
    started = time.process_time_ns()
    turn = Turn(lives["a"], 0, 0, None)
    getattr(_prober(lives["a"]).pool.sync, way)("prober@b.dc1", turn)
    size = _carry(lives, turn.effects)
    return size, time.process_time_ns() - started


def _carry(lives: dict[str, Life], effects: list[object]) -> int:
    """Hand over what the two say to each other until neither has more; how many bytes it was."""
    size = 0
    while effects:
        effect = effects.pop(0)
        if isinstance(effect, Send) and role_of(effect.envelope.target) == "prober":
            packed = pack(effect.envelope)
            size += len(packed)
            arrived = unpack(packed[4:])
            effects += lives[node_of(arrived.target).partition(".")[0]].turn(arrived.body, arrived, 0, 0)
    return size


def _life(name: str) -> Life:
    options = ProberOptions(name=name, dc="dc1", **_place(name))
    life = Life(Prober(options), at("prober", f"{name}.dc1"), Random(1), Random(1).randbytes)
    life.start(0, 10**9)
    return life


def _prober(life: Life) -> Prober:
    assert isinstance(life.actor, Prober)
    return life.actor


def _place(name: str) -> dict[str, object]:
    place = {"address": "10.0.0.1", "port": 8301, "gossip": f"tcp://{name}:8301", "rest": f"tcp://{name}:8300"}
    return {**place, "tags": TAGS}


def _record(name: str, incarnation: int) -> bytes:
    return pack_body(Alive(name=name, dc="dc1", incarnation=incarnation, **_place(name)))


if __name__ == "__main__":
    main()
