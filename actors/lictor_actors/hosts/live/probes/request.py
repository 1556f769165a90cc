"""The bytes of a health check's request: nothing of a definition can end a line or begin another request."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lictor_actors.hosts.live.probes.target import Target
from lictor_actors.hosts.live.probes.words import ProbeFailed, quoted

Fields = tuple[tuple[str, str], ...]
DEFAULTS = (("User-Agent", "Consul Health Check"), ("Accept", "text/plain, text/*, */*"), ("Connection", "close"))
OURS = frozenset({"host", "content-length", "transfer-encoding", "trailer"})
"""Fields that follow from the request itself."""
SECRETS = frozenset({"authorization", "www-authenticate", "cookie", "cookie2"})
"""Fields that are not for other hosts than the check's own."""
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
NOT_IN_VALUES = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
BODY_IS_USUAL = ("POST", "PUT", "PATCH")
KEEP_METHOD = (307, 308)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a target."""

    method: str
    target: Target
    fields: Fields
    body: bytes

    @property
    def unzips(self) -> bool:
        """True if it was us, not the check, that asked for a compressed answer."""
        names = {name.lower() for name, _ in self.fields}
        return self.method != "HEAD" and not names & {"accept-encoding", "range"}

    def redirected(self, status: int, target: Target, relative: bool) -> Request:
        """The request that follows a redirect."""
        dropped = set() if relative else {"host"}
        if not _within(target.hostname.lower(), self.target.hostname.lower()):
            dropped |= SECRETS
        fields = tuple((name, value) for name, value in self.fields if name.lower() not in dropped)
        kept = replace(self, target=target, fields=fields)
        if status in KEEP_METHOD:
            return kept
        return replace(kept, method="HEAD" if self.method == "HEAD" else "GET", body=b"")


def check_method(method: str) -> None:
    """Raise ProbeFailed for what is none."""
    if not TOKEN.fullmatch(method):
        raise ProbeFailed(f"net/http: invalid method {quoted(method)}")


def request_bytes(request: Request) -> bytes:
    """The request as it is sent; raises ProbeFailed for what no request may hold."""
    for name, value in request.fields:
        if not TOKEN.fullmatch(name):
            raise ProbeFailed(f"net/http: invalid header field name {quoted(name)}")
        if NOT_IN_VALUES.search(value):
            raise ProbeFailed(f"net/http: invalid header field value for {quoted(name)}")
    lines = [f"{request.method} {request.target.resource} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in _fields(request)]
    return "\r\n".join((*lines, "", "")).encode() + request.body


def _fields(request: Request) -> Iterable[tuple[str, str]]:
    given = {name.lower(): value for name, value in reversed(request.fields)}
    yield "Host", given.get("host") or request.target.authority
    yield from ((name, value) for name, value in DEFAULTS if name.lower() not in given)
    if request.body or request.method in BODY_IS_USUAL:
        yield "Content-Length", str(len(request.body))
    if request.target.user and "authorization" not in given:
        yield "Authorization", f"Basic {b64encode(request.target.user.encode()).decode()}"
    if request.unzips:
        yield "Accept-Encoding", "gzip"
    yield from ((name, value) for name, value in request.fields if name.lower() not in OURS)


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
