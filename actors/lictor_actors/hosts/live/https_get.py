"""Documents over HTTPS, for what trusts them: no redirects, no clear text, bounded in time and size."""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache
from typing import Any, Final

import orjson

from lictor_actors.hosts.live.probes.answer import Source, read_body, read_head
from lictor_actors.hosts.live.probes.dial import connect, open_streams
from lictor_actors.hosts.live.probes.request import Fields, Request, request_bytes
from lictor_actors.hosts.live.probes.target import read_url
from lictor_actors.hosts.live.probes.trust import trust
from lictor_actors.hosts.live.probes.words import ProbeFailed, quoted, system_words

TIMEOUT_S: Final = 5.0
SIZE_MOST: Final = 1 << 20
"""Bytes of a document."""
TAKEN: Final = (200, 201)
"""201: a review was made."""
_FIELDS: Fields = (("User-Agent", "Lictor"), ("Accept", "application/json"), ("Accept-Encoding", "identity"))


class NotFetched(Exception):
    """Why there is no document, the URL included."""


async def https_get(url: str, ca_certificates: str, bearer: str = "", timeout_s: float = TIMEOUT_S) -> bytes:
    """The document. ``ca_certificates`` in PEM are trusted alone; without them those of this machine. ``bearer``: the
    token by which it is asked for. Raises NotFetched."""
    return await _fetched("GET", url, ca_certificates, _bearing(bearer), b"", timeout_s)


async def https_post(url: str, ca_certificates: str, bearer: str, body: bytes) -> bytes:
    """What answers this JSON. Raises NotFetched."""
    fields = (*_bearing(bearer), ("Content-Type", "application/json"))
    return await _fetched("POST", url, ca_certificates, fields, body, TIMEOUT_S)


def json_object(document: bytes, what: str) -> dict[str, Any]:
    """What it says; raises NotFetched, which calls it ``what``."""
    try:
        read = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise NotFetched(f"{what} is no JSON: {error}") from error
    if not isinstance(read, dict):
        raise NotFetched(f"{what} is no object")
    return read


def _bearing(token: str) -> Fields:
    return (("Authorization", f"Bearer {token}"),) if token else ()


async def _fetched(method: str, url: str, ca_certificates: str, fields: Fields, body: bytes, timeout_s: float) -> bytes:
    asked = f"{method.capitalize()} {quoted(url)}"
    try:
        async with asyncio.timeout(timeout_s):
            return await _ask(method, url, _context(ca_certificates), fields, body)
    except TimeoutError:
        raise NotFetched(f"{asked}: no answer within {timeout_s:g} s") from None
    except ProbeFailed as error:
        raise NotFetched(f"{asked}: {error}") from error
    except OSError as error:
        raise NotFetched(f"{asked}: {system_words(error)}") from error


async def _ask(method: str, url: str, context: ssl.SSLContext, fields: Fields, body: bytes) -> bytes:
    target = read_url(url)
    if target.scheme != "https" or not target.authority:
        raise ProbeFailed("it is no https:// URL")
    reader, writer = await open_streams(await connect(target.hostname, target.port), context, target.hostname)
    try:
        writer.write(request_bytes(Request(method, target, (*_FIELDS, *fields), body)))
        return await _answer(Source(reader))
    finally:
        writer.transport.abort()


async def _answer(source: Source) -> bytes:
    head = await read_head(source)
    if head.status not in TAKEN:
        raise ProbeFailed(f"the answer is {head.status_text}, and not 200")
    body = bytearray()
    await read_body(source, head, False, SIZE_MOST + 1, body)
    if len(body) > SIZE_MOST:
        raise ProbeFailed(f"the answer is larger than {SIZE_MOST} bytes")
    return bytes(body)


@lru_cache(64)
def _context(ca_certificates: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=ca_certificates) if ca_certificates else trust(True)
