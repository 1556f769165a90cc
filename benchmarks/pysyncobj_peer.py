"""One process of a PySyncObj cluster; the leader writes with so many in flight and prints rate and median."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from pysyncobj import SyncObj, SyncObjConf
from pysyncobj.batteries import ReplDict

VALUE = "x" * 200


def main(folder: str, in_flight: str, seconds: str, port: str, *others: str) -> None:
    table = ReplDict()
    options = SyncObjConf(journalFile=str(Path(folder) / f"journal-{port}"))
    cluster = SyncObj(f"127.0.0.1:{port}", [f"127.0.0.1:{other}" for other in others], consumers=[table], conf=options)
    while not cluster.isReady():
        time.sleep(0.05)
    time.sleep(1.0)
    while str(cluster._getLeader()) != f"127.0.0.1:{port}":
        time.sleep(0.1)
    took: list[float] = []
    until = time.monotonic() + float(seconds)

    def write(number: int) -> None:
        began = time.monotonic()

        def done(_: object, __: object) -> None:
            took.append(time.monotonic() - began)
            if time.monotonic() < until:
                write(number + 1_000_000)

        table.set(f"k{number}", VALUE, callback=done)

    for number in range(int(in_flight)):
        write(number)
    time.sleep(float(seconds))
    print(len(took) / float(seconds), statistics.median(took) * 1e3, flush=True)
    cluster.destroy()


main(*sys.argv[1:])
