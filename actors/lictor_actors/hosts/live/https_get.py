"""A document over HTTPS, for what trusts it: no redirects, no clear text, bounded in time and size."""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache
from typing import Final

from lictor_actors.hosts.live.probes.answer import Source, read_body, read_head
from lictor_actors.hosts.live.probes.dial import connect, open_streams
from lictor_actors.hosts.live.probes.request import Request, request_bytes
from lictor_actors.hosts.live.probes.target import read_url
from lictor_actors.hosts.live.probes.trust import trust
from lictor_actors.hosts.live.probes.words import ProbeFailed, quoted, system_words

TIMEOUT_S: Final = 5.0
SIZE_MOST: Final = 1 << 20
"""Bytes of a document."""
_FIELDS = (("User-Agent", "Lictor"), ("Accept", "application/json"), ("Accept-Encoding", "identity"))


class NotFetched(Exception):
    """Why there is no document, the URL included."""


async def https_get(url: str, ca_certificates: str, timeout_s: float = TIMEOUT_S) -> bytes:
    """The document. ``ca_certificates`` in PEM are trusted alone; without them those of this machine. Raises
    NotFetched."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _get(url, _context(ca_certificates))
    except TimeoutError:
        raise NotFetched(f"Get {quoted(url)}: no answer within {timeout_s:g} s") from None
    except ProbeFailed as error:
        raise NotFetched(f"Get {quoted(url)}: {error}") from error
    except OSError as error:
        raise NotFetched(f"Get {quoted(url)}: {system_words(error)}") from error


async def _get(url: str, context: ssl.SSLContext) -> bytes:
    target = read_url(url)
    if target.scheme != "https" or not target.authority:
        raise ProbeFailed("it is no https:// URL")
    reader, writer = await open_streams(await connect(target.hostname, target.port), context, target.hostname)
    try:
        writer.write(request_bytes(Request("GET", target, _FIELDS, b"")))
        return await _answer(Source(reader))
    finally:
        writer.transport.abort()


async def _answer(source: Source) -> bytes:
    head = await read_head(source)
    if head.status != 200:
        raise ProbeFailed(f"the answer is {head.status_text}, and not 200")
    body = bytearray()
    await read_body(source, head, False, SIZE_MOST + 1, body)
    if len(body) > SIZE_MOST:
        raise ProbeFailed(f"the answer is larger than {SIZE_MOST} bytes")
    return bytes(body)


@lru_cache(64)
def _context(ca_certificates: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=ca_certificates) if ca_certificates else trust(True)
