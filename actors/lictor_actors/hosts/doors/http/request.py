"""What the door itself reads of a request's head, what it refuses of it, and what it puts right for the parser."""

from __future__ import annotations

import re

import httptools

from lictor_actors.hosts.doors.http.mending import method_of
from lictor_actors.hosts.doors.http.sites import Sites

_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_BAD_AGE = re.compile(rb"(?:^|,)\s*(?:max-age|stale-if-error)=\s*+(?![0-9]+\s*(?:,|$))", re.IGNORECASE)
READ_HERE = frozenset(
    (
        "host",
        "accept-encoding",
        "content-length",
        "transfer-encoding",
        "expect",
        "origin",
        "sec-fetch-site",
        "cache-control",
    )
)
"""Headers that the door itself reads."""


class Refuse(Exception):
    """Raised inside a parser callback: answer this and close."""

    def __init__(self, status: int, text: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers


def as_refusal(error: Exception, head: bytes) -> Refuse:
    """What httptools has raised, or what was raised inside it, of a head that began so."""
    if isinstance(error, httptools.HttpParserCallbackError) and isinstance(error.__context__, Refuse):
        error = error.__context__
    if isinstance(error, Refuse):
        return error
    if isinstance(error, httptools.HttpParserInvalidMethodError) and (method := method_of(head)):
        return Refuse(405, f"method {method} not allowed", (("Allow", "OPTIONS,GET,PUT,POST,DELETE"),))
    if isinstance(error, httptools.HttpParserInvalidURLError):
        return Refuse(400, "400 Bad Request: the URL holds characters that must be written as percent escapes")
    return Refuse(400, "400 Bad Request")


class Head:
    """The head of one request, as it comes. What most requests do not say is said once, for the class."""

    size = 0
    """Bytes of the headers."""
    host: bytes | None = None
    length = 0
    """What Content-Length says."""
    gzips = expects = coded = False
    origin: bytes | None = None
    fetch_site: bytes | None = None
    odd = False
    """True for what ``check`` has to look at more closely than at Host."""

    def __init__(self) -> None:
        self.target = b""
        self.headers: list[tuple[str, str]] = []

    def check(self, version: str, sites: Sites) -> None:
        """The head is whole. Raises Refuse for what two readers could understand in two ways, and for other sites."""
        if version not in ("1.0", "1.1"):
            raise Refuse(400, f"400 Bad Request: HTTP/{version} is not spoken here")
        if self.host is None and version == "1.1":
            raise Refuse(400, "400 Bad Request: missing required Host header")
        if self.coded and version == "1.0":
            raise Refuse(400, "400 Bad Request: HTTP/1.0 has no Transfer-Encoding")
        why = sites.objection(self.authority(), self.origin, self.fetch_site)
        if why:
            raise Refuse(403, why)

    def authority(self) -> bytes:
        """The host that is asked: a target that names it, as proxies are asked, goes before Host (RFC 9112, 3.2.2)."""
        if self.target[:1] in (b"/", b"*") or b"://" not in self.target:
            return self.host or b""
        return re.split(rb"[/?]", self.target.partition(b"://")[2], maxsplit=1)[0]

    def path(self) -> str:
        """The target's path, escaped as it came."""
        target = self.target.partition(b"?")[0]
        if target[:1] != b"/" and b"://" in target:
            target = b"/" + target.partition(b"://")[2].partition(b"/")[2]
        return target.decode("latin-1")

    def read(self, key: str, value: bytes) -> None:
        """One of the headers of READ_HERE. Raises Refuse."""
        if key == "host":
            if self.host is not None:
                raise Refuse(400, "400 Bad Request: more than one Host header")
            self.host = value
        elif key == "content-length":
            self.length = int(value)
        elif key == "accept-encoding":
            self.gzips = accepts_gzip(value)
        elif key == "expect":
            self.expects = value.lower() == b"100-continue"
            if value and not self.expects:
                raise Refuse(417, "417 Expectation Failed: only 100-continue can be expected")
        else:
            self._read_odd(key, value)

    def _read_odd(self, key: str, value: bytes) -> None:
        self.odd = True
        match key:
            case "transfer-encoding":
                self.coded = True
            case "origin":
                self.origin = value if self.origin is None else b"null"  # two are as good as a foreign one
            case "sec-fetch-site":
                self.fetch_site = value if self.fetch_site is None else b"cross-site"
            case "cache-control":
                if _BAD_AGE.search(value):
                    raise Refuse(400, "Invalid Cache-Control header.")


def escaped_target(data: bytes) -> bytes:
    """The request line as httptools takes it: what curl sends as it was typed (``/v1/kv/grüße``) becomes escapes."""
    line, newline, rest = data.partition(b"\n")
    return _NOT_ASCII.sub(lambda found: b"%%%02X" % found[0][0], line) + newline + rest


def accepts_gzip(value: bytes) -> bool:
    """What an Accept-Encoding header says of gzip; a weight of nought refuses it."""
    value = value.lower()
    if b"gzip" not in value or b"=" not in value:
        return b"gzip" in value
    for coding in value.replace(b" ", b"").split(b","):
        name, _, weight = coding.partition(b";q=")
        if name == b"gzip":
            return not weight or weight.strip(b"0.") != b""
    return False
