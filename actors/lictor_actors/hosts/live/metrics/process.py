"""What the operating system knows of this process and, where that is wanted, of its machine."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Iterator

from lictor_actors.kernel.actor import Reading
from lictor_messages.version import CONSUL_VERSION


def process_readings() -> Iterator[Reading]:
    """Memory, collections, tasks, version; in the event loop."""
    import psutil  # most agents are never asked

    yield f"version;version={CONSUL_VERSION}", 1.0
    memory = psutil.Process().memory_info()
    yield "runtime.sys_bytes", float(memory.rss)
    yield "runtime.alloc_bytes", float(memory.rss - getattr(memory, "shared", 0))  # macOS does not tell it
    yield "runtime.num_goroutines", float(len(asyncio.all_tasks()))
    yield "runtime.heap_objects", float(sys.getallocatedblocks())
    yield "runtime.total_gc_runs", float(sum(generation["collections"] for generation in gc.get_stats()))


def machine_readings() -> Iterator[Reading]:
    """Memory, processors and the disk of ``/``."""
    import psutil

    memory, disk = psutil.virtual_memory(), psutil.disk_usage("/")
    yield "host.memory.total", float(memory.total)
    yield "host.memory.available", float(memory.available)
    yield "host.memory.used", float(memory.used)
    yield "host.memory.free", float(memory.free)
    yield "host.memory.used_percent", memory.percent
    yield "host.disk.size;path=/", float(disk.total)
    yield "host.disk.used;path=/", float(disk.used)
    yield "host.disk.available;path=/", float(disk.free)
    yield "host.disk.used_percent;path=/", disk.percent
    for number, percent in enumerate(psutil.cpu_percent(percpu=True)):
        yield f"host.cpu.total;cpu=cpu{number}", percent
    yield "host.uptime", time.time() - psutil.boot_time()
