"""URLs as Go's net/url reads them: hosts in brackets that are no IPv6, and its words for what is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin

from lictor_actors.hosts.live.probes.words import ProbeFailed, quoted

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
NOT_IN_HOSTS = re.compile(r"[\x00-\x20\"<>\\^`{|}\x7f/?#%]")
NEEDS_NO_ESCAPE = "/%:@!$&'()*+,;=~[]?\"<>\\^`{|}"
"""Beside letters and digits: characters that are sent as they were written."""
PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes."""

    scheme: str
    user: str
    """``name:password`` as written, decoded; "" if there is none."""
    authority: str
    """Host and port as they go into the header ``Host``."""
    hostname: str
    port: str
    resource: str
    """Path and query, as they go into the request line."""
    shown: str
    """The URL for people: without a password."""


def read_url(text: str) -> Target:
    """The parts of a URL; raises ProbeFailed for what is none. A Target may still lead nowhere: see ``unreachable``."""
    try:
        return _read(text)
    except ProbeFailed as why:
        raise ProbeFailed(f"parse {quoted(text)}: {why}") from None


def resolve(base: Target, location: str) -> Target:
    """Where a redirect leads; raises ProbeFailed."""
    try:
        read_url(location)
        return _read(_whole(base, location))
    except ProbeFailed as why:
        raise ProbeFailed(f"failed to parse Location header {quoted(location)}: {why}") from None


def _whole(base: Target, location: str) -> str:
    if location.startswith("//"):
        return f"{base.scheme}:{location}"
    if SCHEME.match(location):
        return location
    return f"{base.scheme}://{base.authority}{urljoin(base.resource, location)}"


def unreachable(target: Target) -> str:
    """Why no request can go there, "" if one can."""
    if target.scheme not in PORTS:
        return f"unsupported protocol scheme {quoted(target.scheme)}"
    return "" if target.authority else "http: no Host in request URL"


def _read(text: str) -> Target:
    if CONTROL.search(text):
        raise ProbeFailed("net/url: invalid control character in URL")
    if text.startswith(":"):
        raise ProbeFailed("missing protocol scheme")
    found = SCHEME.match(text)
    scheme, rest = (found[1].lower(), text[found.end() :]) if found else ("", text)
    rest, hash_, fragment = rest.partition("#")
    path, mark, query = rest.partition("?")
    if not found and ":" in path.partition("/")[0]:
        raise ProbeFailed("first path segment in URL cannot contain colon")
    if not path.startswith("//"):
        _no_bad_escape(path)
        return Target(scheme, "", "", "", "", path, text)
    written, slash, path = path[2:].partition("/")
    user, at, authority = written.rpartition("@")
    hostname, port = _host(authority)
    path = slash + path
    _no_bad_escape(path)
    resource = quote((path or "/") + mark + query, safe=NEEDS_NO_ESCAPE)
    name, _, password = user.partition(":")
    user_shown = (f"{name}:***" if password else name) + at
    authority = authority.removesuffix(":")
    place = user_shown + authority + quote(path, safe=NEEDS_NO_ESCAPE)
    shown = (
        (f"{scheme}:" if found else "")
        + (f"//{place}" if place else "")
        + mark
        + query
        + hash_
        + quote(fragment, safe=NEEDS_NO_ESCAPE)
    )
    return Target(scheme, unquote(user), authority, hostname, port or PORTS.get(scheme, ""), resource, shown)


def _no_bad_escape(path: str) -> None:
    if bad := BAD_ESCAPE.search(path):
        raise ProbeFailed(f"invalid URL escape {quoted(bad[0])}")


def _host(authority: str) -> tuple[str, str]:
    """Name or IP, without brackets, and the port as digits, "" if there is none."""
    if authority.startswith("["):
        inside, bracket, behind = authority[1:].rpartition("]")
        if not bracket:
            raise ProbeFailed("missing ']' in host")
        host, colon_and_port = inside.replace("%25", "%"), behind
    else:
        host, colon, port = authority.rpartition(":")
        host, colon_and_port = (host, colon + port) if colon else (authority, "")
        _no_bad_escape(host)
        if bad := NOT_IN_HOSTS.search(host):
            raise ProbeFailed(f"invalid character {quoted(bad[0])} in host name")
    if not re.fullmatch(r"(:[0-9]*)?", colon_and_port):
        raise ProbeFailed(f"invalid port {quoted(colon_and_port)} after host")
    return host, colon_and_port[1:]
