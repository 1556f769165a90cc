"""The machine under a live host, read by psutil."""

from __future__ import annotations

import asyncio
import platform
import time
from pathlib import Path

from lictor_messages.machine import DiskSpace, MachineDescription, MachineRead, Memory, Processor, ReadMachine, System

ROOT = Path("/")


async def read_machine(job: ReadMachine) -> MachineRead:
    """Look at it in a thread: the list of processes alone may take milliseconds."""
    return MachineRead(ticket=job.ticket, description=await asyncio.to_thread(_described))


def _described() -> MachineDescription:
    import psutil  # few agents are ever asked

    memory, disk, booted, now = (
        psutil.virtual_memory(),
        psutil.disk_usage(str(ROOT)),
        psutil.boot_time(),
        time.time_ns(),
    )
    return MachineDescription(
        memory=Memory(
            total=memory.total,
            available=memory.available,
            used=memory.used,
            used_percent=memory.percent,
            free=memory.free,
        ),
        processors=_processors(
            psutil.cpu_count() or 1, [speed.current for speed in psutil.cpu_freq(percpu=True) or ()]
        ),
        system=System(
            hostname=platform.node(),
            uptime=now // 1_000_000_000 - int(booted),
            boot_time=int(booted),
            processes=len(psutil.pids()),
            os=platform.system().lower(),
            kernel_version=platform.release(),
            kernel_arch=platform.machine(),
        ),
        disk=DiskSpace(path=str(ROOT), total=disk.total, free=disk.free, used=disk.used, used_percent=disk.percent),
        collected_ns=now,
    )


def _processors(count: int, mhz: list[float]) -> tuple[Processor, ...]:
    """Not every machine tells how fast each is."""
    model = platform.processor()
    speeds = mhz if len(mhz) == count else [0.0] * count
    return tuple(Processor(number=number, model=model, mhz=speed) for number, speed in enumerate(speeds))
