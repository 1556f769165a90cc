"""The machine under an agent, in gopsutil's words."""

from __future__ import annotations

from lictor_actors.consul.kinds import constant
from lictor_actors.consul.parts import one_or_more
from lictor_actors.consul.rows import Field
from lictor_actors.consul.selectors import STRING
from lictor_actors.consul.struct import Struct
from lictor_messages.machine import DiskSpace, MachineDescription, Memory, Processor, System

HOST_INFO = Struct(
    "HostInfo",
    MachineDescription,
    (
        one_or_more(Struct("VirtualMemoryStat", Memory)),
        one_or_more(Struct("InfoStat", Processor)),
        one_or_more(Struct("HostInfoStat", System)),
        one_or_more(Struct("UsageStat", DiskSpace)),
    ),
    also_written=(Field("Errors", "", constant("None", None, STRING)),),
)
