"""The live host: asyncio, sockets, real disks and clocks."""
