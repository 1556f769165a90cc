"""Whose requests are listened to: a browser carries any page's requests to any port that its machine can reach.

Two headers tell on whose behalf it asks. *Host* is the name that the page believes to ask: a site that points its own
name at 127.0.0.1 (DNS rebinding) is found out by it. *Origin*, and *Sec-Fetch-Site* beside it, say whose page it is.
Programs send no Origin, and as Host the address that they were given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lictor_messages.addresses import cut_host_port, is_here, parsed_ip

KNOWN_MOST = 64
"""Spellings of Host that are remembered as good."""
SHOWN_MOST = 64
ANY = "*"
SINGLE = re.compile(r"[a-z](?:[a-z0-9_-]{0,61}[a-z0-9])?")
"""A name without a dot. No site can own one: the root has no hosts of its own (ICANN's SSAC 053, RFC 7085), so only the
machine itself, or who runs the network that it is in, says where it leads.
"""
NOT_HERE = (
    '403 Forbidden: this listener serves its own machine, and the request is for the host "{host}": a site could have '
    "pointed that name here. Ask for 127.0.0.1 or localhost, or let the agent know the name: -http-allowed-host, or "
    '"http_config": {{"allowed_hosts": ["{name}"]}} in its configuration.'
)
NOT_LISTED = (
    '403 Forbidden: the host "{host}" is none of http_config.allowed_hosts. Ask for an IP or for one of these names, '
    "or add it with -http-allowed-host."
)
FOREIGN = (
    "403 Forbidden: a page of another site has made this request ({header}: {value}), and here only pages of the host "
    "that is asked may ask. Behind a proxy that changes Host, name the page's host in http_config.allowed_hosts."
)


class Sites:
    """The rule of one listener. ``local``: it is bound to a loopback address or a Unix socket."""

    def __init__(self, allowed: Iterable[str] = (), *, local: bool) -> None:
        self.local = local
        self._allowed = frozenset(name.lower() for name in allowed)
        self.known: set[bytes] = set()
        """Spellings of Host that are good, for requests without Origin and Sec-Fetch-Site."""

    def objection(self, host: bytes, origin: bytes | None, fetch_site: bytes | None) -> str:
        """Why this request is not listened to, "" if it is. A request of HTTP/1.0 may have no host."""
        if host not in self.known:
            why = self._host_fault(host.decode("latin-1"))
            if why:
                return why
            if len(self.known) >= KNOWN_MOST:
                self.known.clear()
            self.known.add(host)
        if origin is None and fetch_site is None:
            return ""
        return self._page_fault(host, origin, fetch_site or b"")

    def _host_fault(self, host: str) -> str:
        name = _name(host)
        if not host or ANY in self._allowed or not (self.local or self._allowed):
            return ""
        if not self._allowed and SINGLE.fullmatch(name):
            return ""
        if is_here(name) or host.lower() in self._allowed or name in self._allowed:
            return ""
        if self.local:
            return NOT_HERE.format(host=_shown(host), name=_shown(name))
        return "" if parsed_ip(name) else NOT_LISTED.format(host=_shown(host))

    def _page_fault(self, host: bytes, origin: bytes | None, fetch_site: bytes) -> str:
        same = origin is not None and self._is_own(origin.decode("latin-1"), host.decode("latin-1"))
        if fetch_site == b"cross-site" or (fetch_site == b"same-site" and not same):
            return FOREIGN.format(header="Sec-Fetch-Site", value=fetch_site.decode())
        if origin is None or same:
            return ""
        return FOREIGN.format(header="Origin", value=_shown(origin.decode("latin-1")))

    def _is_own(self, origin: str, host: str) -> bool:
        scheme, _, site = origin.lower().partition("://")
        if not site:  # also "null": a file, a sandbox, a redirection
            return False
        usual = ":443" if scheme == "https" else ":80"
        return site == host.lower().removesuffix(usual) or site in self._allowed or _name(site) in self._allowed


def _name(host: str) -> str:
    """``[::1]:8500`` → ``::1``, ``Consul.:8500`` → ``consul``, "" for what is no host with a port."""
    name, port = cut_host_port(host)
    written = f"[{name}]" if ":" in name else name
    return name.removesuffix(".").lower() if host in (written, f"{written}:{port}") else ""


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:SHOWN_MOST])
