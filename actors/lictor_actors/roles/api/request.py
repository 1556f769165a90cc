"""One HTTP request as its endpoint sees it: decoded path, parameters, body; and how an endpoint refuses it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from lictor_actors.kernel.turn import Turn
from lictor_messages.web import GatewayOptions, HttpAsked

_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_ORIGIN = re.compile(r"^https?://[^/]*", re.IGNORECASE)
_UNPRINTABLE_SPACES = re.compile(r"[^\S ]")
NO_PARAMS: dict[str, list[str]] = {}


class HttpError(Exception):
    """Answer this status and text instead of what was asked for."""

    def __init__(self, status: int, text: str = "", headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers


class HttpRequest:
    """``rest`` is what follows the route's prefix, decoded once: it may hold slashes."""

    __slots__ = (
        "asked",
        "consistency",
        "dc",
        "here",
        "metric",
        "options",
        "params",
        "path",
        "personal",
        "query",
        "rest",
        "secret",
        "tells_index",
    )

    def __init__(self, asked: HttpAsked, options: GatewayOptions, turn: Turn) -> None:
        self.asked = asked
        self.options = options
        self.here = turn.me
        """Address of the doorway that was asked."""
        self.secret = turn.life.secret
        """Unpredictable bytes, for ids; the turn itself is not kept, since the request may wait for minutes."""
        target, _, self.query = asked.target.partition("?")
        self.path = decoded_path(target, filtered=not options.disable_unprintable_char_filter)
        self.params = parsed_query(self.query) if self.query else NO_PARAMS
        self.rest = ""
        self.metric = ""
        """Under which its time is told, once its route is found."""
        self.tells_index = False
        """True for a read that says where it stands in time even if it fails."""
        self.personal = False
        """True once an endpoint has looked at more than the target: then an equal target may mean something else."""
        self.dc = ""
        """The datacenter that is asked, "" for the agent's own."""
        self.consistency = "leader"
        """What X-Consul-Effective-Consistency says, for the endpoints that say it."""

    def ask_datacenter(self, dc: str) -> None:
        """What this request asks is asked there; "" is here."""
        self.dc = dc if dc != self.options.dc else ""

    @property
    def body(self) -> bytes:
        """The body as it was sent."""
        return self.asked.body

    def param(self, name: str) -> str:
        """The first value of a query parameter, "" if it is absent or has none."""
        values = self.params.get(name)
        return values[0] if values else ""

    def has(self, name: str) -> bool:
        """True if the parameter is there at all; its value does not count: ``?stale=false`` is stale."""
        return name in self.params

    def header(self, name: str) -> str:
        """The first value of a header, named in lower case."""
        self.personal = True
        return next((value for key, value in self.asked.headers if key == name), "")


def decoded_path(target: str, *, filtered: bool = True) -> str:
    """The path of a target without its query, unescaped once. Raises HttpError 400 for broken escapes and,
    ``filtered``, for characters that cannot be seen.
    """
    if not target.startswith("/"):  # as proxies are asked; every server must take it (RFC 9112, 3.2.2)
        target = _ORIGIN.sub("", target) or "/"
    if "%" in target:
        if _BAD_ESCAPE.search(target):
            raise HttpError(400, "400 Bad Request: after a % in the path two hexadecimal digits must follow")
        try:
            target = unquote_to_bytes(target).decode()
        except UnicodeDecodeError as error:
            raise HttpError(400, "400 Bad Request: the path is not UTF-8") from error
    if filtered and (not target.isprintable() or _UNPRINTABLE_SPACES.search(target)):
        raise HttpError(400, "400 Bad Request: the path holds characters that cannot be seen")
    return target


def parsed_query(query: str) -> dict[str, list[str]]:
    """Names with all their values, in order; a name without ``=`` has the value ""."""
    params: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        params.setdefault(name, []).append(value)
    return params


def cleaned_path(path: str) -> str:
    """The path without ``//``, ``.`` and ``..``; a slash at its end is kept."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    cleaned = "/" + "/".join(kept)
    return cleaned + "/" if path.endswith("/") and cleaned != "/" else cleaned


def is_clean(path: str) -> bool:
    """True if ``cleaned_path`` has nothing to do."""
    return path.startswith("/") and "//" not in path and not ("/." in path and cleaned_path(path) != path)


def moved_to(path: str, query: str) -> HttpError:
    """301 to another path of this server, with the same query."""
    location = quote(path, safe="/~!$&'()*+,;=:@-._") + (f"?{query}" if query else "")
    return HttpError(301, headers=(("Location", location),))
