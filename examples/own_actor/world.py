"""The counter in the simulator: a network that loses and doubles, a power cut, and all of it again from the same seed.

    python examples/own_actor/world.py [SEED]

You see the faults and the counter's notes with their virtual times, then the total, which no fault has changed, and
that a second run from the seed had the same events.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

from counter import Click, Counter, Total

from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.network import Weather
from lictor_messages.host import ActorSpec

CLICKS, ASKED_MOST, HERE, THERE = 50, 200, "n1.dc1", "n2.dc1"
WEATHER = Weather(loss=0.2, duplicate=0.1, reorder=0.1)


class Run(NamedTuple):
    """What came of a run."""

    total: int
    asked: int
    """How often it was asked: more than there are clicks, because questions and answers are lost."""
    digest: str
    """The hash of all events."""


def run(seed: int, show: Callable[[str], None] = lambda _: None) -> Run:
    """So many clicks by one person from another node, each said until it is answered; the power fails between them."""
    world = World(seed, weather=WEATHER, trace=lambda line: show(line) if " ! " in line or " = " in line else None)
    world.add(HERE, [ActorSpec(role="counter")], lambda _: Counter())
    world.add(THERE, [], lambda _: Counter())
    world.introduce()
    world.at(4, lambda: world.crash(HERE))
    world.at(6, lambda: restart(world))
    total, number, asked = 0, 1, 0
    while number <= CLICKS and asked < ASKED_MOST:
        asked += 1
        answer = world.ask(THERE, f"counter@{HERE}", Click(by="ann", number=number), within_s=0.5)
        if isinstance(answer, Total):
            total, number = answer.clicks, number + 1
        world.run(0.1)
    world.run(2)
    return Run(total, asked, world.trace.digest)


def restart(world: World) -> None:
    """The machine boots, with what its disk has kept, and is told again where the other is."""
    world.restart(HERE)
    world.introduce()


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    first = run(seed, print)
    print(f"seed {seed}: {CLICKS} clicks, asked {first.asked} times, counted {first.total}")
    again = run(seed)
    print(f"again: {'the same' if again == first else 'OTHER'} events, digest {again.digest}")
    if first.total != CLICKS or again != first:
        raise SystemExit("the counter is wrong: this seed replays it")


if __name__ == "__main__":
    main()
