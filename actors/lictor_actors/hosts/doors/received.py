"""What nng has received on a context, and from where.

pynng's own ``arecv_msg`` is not used: it keeps the pipe of a client that has hung up meanwhile in its socket's table
for good, so that strangers could fill the memory.
"""

from __future__ import annotations

from typing import Any

import pynng
from pynng._aio import AIOHelper
from pynng.sockaddr import In6Addr, InAddr, _nng_sockaddr

from lictor_messages.addresses import cut_host_port


async def received(context: Any) -> tuple[bytes, str]:
    """A frame, and the IP that it came from; "" if the client has none, or has hung up."""
    with AIOHelper(context, context._socket._async_backend) as waiting:
        message = await waiting.arecv_msg()
    return message.bytes, _ip(pynng.lib.nng_msg_get_pipe(message._nng_msg))


def _ip(pipe: Any) -> str:
    address = pynng.ffi.new("nng_sockaddr *")
    if pynng.lib.nng_pipe_get_addr(pipe, b"remote-address", address):
        return ""
    found = _nng_sockaddr(address)
    return cut_host_port(str(found))[0] if isinstance(found, InAddr | In6Addr) else ""
