"""A large cluster lives through a rolling failure, the death of its leader and a partition; a page says what was seen.

    python examples/large                              1,000 nodes in the simulator: the same for the same -seed
    python examples/large -nodes 100 -on local         processes of this machine
    python examples/large -on ray -ray-address auto    the machines of a Ray

The page goes to standard output, or into a file with -page FILE; with -timeline FILE there is one for `lictor timeline
FILE -html OUT`, too. The exit status is 1 if something did not come about as it has to.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from grounds import Ground, local, ray, simulated
from judging import judge
from page import page
from plot import cast
from story import tell

from lictor_actors.timeline import write
from lictor_actors.timeline.choose import merged

LEAST = 25
"""Nodes for all parts of the story."""


def main(arguments: list[str]) -> int:
    asked = parse(arguments)
    with start(asked) as ground:
        parts = cast(ground.nodes)
        told = ground.run(tell(ground, parts))
        records = ground.records()
    told.failures += judge(parts, told, records)
    text = page(ground, parts, told, records)
    if asked.page:
        asked.page.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    if asked.timeline:
        once = (record for record, _ in merged(records))
        asked.timeline.write_text("".join(write(once)), encoding="utf-8")
    for failure in told.failures:
        print(f"not as expected: {failure}", file=sys.stderr)
    return 1 if told.failures else 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("examples/large", allow_abbrev=False)
    parser.add_argument("-nodes", type=int, default=1000, help=f"three servers among them; at least {LEAST}")
    parser.add_argument("-on", choices=("sim", "local", "ray"), default="sim")
    parser.add_argument("-seed", type=int, default=1, help="sim: what decides everything")
    parser.add_argument("-ray-address", default="", help="ray: of the Ray to use; auto: the one of this machine")
    parser.add_argument("-page", type=Path)
    parser.add_argument("-timeline", type=Path)
    asked = parser.parse_args(arguments)
    if asked.nodes < LEAST:
        parser.error(f"-nodes {asked.nodes}: the story needs {LEAST} nodes")
    return asked


def start(asked: argparse.Namespace) -> AbstractContextManager[Ground]:
    if asked.on == "ray":
        return ray(asked.nodes, asked.ray_address)
    return local(asked.nodes) if asked.on == "local" else simulated(asked.nodes, asked.seed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
