"""The machine that an agent runs on, as Consul's /v1/agent/host describes it: names and units are gopsutil's."""

from __future__ import annotations

from typing import Annotated

from lictor_messages.base import Message, Record
from lictor_messages.json_names import Json


class DescribeMachine(Message):
    """A gateway's word to itself; answered by MachineRead."""


class ReadMachine(Message):
    """The gateway's job: look at the machine; answered by MachineRead."""

    ticket: str


class Memory(Record):
    """In bytes."""

    total: Annotated[int, Json("total")]
    available: Annotated[int, Json("available")]
    used: Annotated[int, Json("used")]
    used_percent: Annotated[float, Json("usedPercent")]
    free: Annotated[int, Json("free")]


class Processor(Record):
    """One that the operating system counts."""

    number: Annotated[int, Json("cpu")]
    model: Annotated[str, Json("modelName")] = ""
    mhz: Annotated[float, Json("mhz")] = 0.0


class System(Record):
    """The operating system; times in seconds."""

    hostname: Annotated[str, Json("hostname")]
    uptime: Annotated[int, Json("uptime")]
    boot_time: Annotated[int, Json("bootTime")]
    processes: Annotated[int, Json("procs")]
    os: Annotated[str, Json("os")]
    kernel_version: Annotated[str, Json("kernelVersion")]
    kernel_arch: Annotated[str, Json("kernelArch")]


class DiskSpace(Record):
    """Of one file system, in bytes."""

    path: Annotated[str, Json("path")]
    total: Annotated[int, Json("total")]
    free: Annotated[int, Json("free")]
    used: Annotated[int, Json("used")]
    used_percent: Annotated[float, Json("usedPercent")]


class MachineDescription(Record):
    """What the host has found."""

    memory: Annotated[Memory, Json("Memory")]
    processors: Annotated[tuple[Processor, ...], Json("CPU")]
    system: Annotated[System, Json("Host")]
    disk: Annotated[DiskSpace, Json("Disk")]
    collected_ns: Annotated[int, Json("CollectionTime")]
    """When, in nanoseconds since 1970."""


class MachineRead(Message):
    """The machine as it was found."""

    ticket: str
    description: MachineDescription
