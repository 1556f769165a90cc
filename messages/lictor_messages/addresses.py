"""Hosts and ports: the one place where they are joined and taken apart, and where lanes and doors get their URLs.

An IPv6 address stands in brackets before a port, as RFC 3986 and Go's ``net.JoinHostPort`` have it.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

PORT_MOST = 65535


def join_host_port(host: str, port: int | str) -> str:
    """``10.0.0.1:8300``, ``[::1]:8300``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def lane_url(host: str, port: int) -> str:
    """Where a lane or a door for client actors listens: ``tcp://[::1]:8301``."""
    return f"tcp://{join_host_port(host, port)}"


def cut_host_port(text: str) -> tuple[str, str]:
    """Host and port as they are written, each "" if it is not there; neither is looked at."""
    if text.startswith("[") and (end := text.rfind("]")) > 0:
        return text[1:end], text[end + 1 :].removeprefix(":")
    if text.count(":") > 1:
        return text, ""
    host, _, port = text.partition(":")
    return host, port


def split_host_port(text: str, default: int | None = None) -> tuple[str, int]:
    """``host``, ``host:port``, ``:port``, ``[v6]``, ``[v6]:port`` or a bare IPv6 address: the host in its usual form,
    "" if there is none, and the port.

    Raises ValueError, in a sentence without its subject, for what is none of these or lacks a port without a default.
    """
    host, port = cut_host_port(text)
    if text.startswith("["):
        _look_into_brackets(text, host, port)
    elif ":" in host and not isinstance(parsed_ip(host), IPv6Address):
        raise ValueError("is no IPv6 address: those with a port stand in brackets, [::1]:8301")
    if not port and (text.endswith(":") or default is None):
        in_brackets = "; an IPv6 address stands in brackets before it, [::1]:8301" if ":" in host else ""
        raise ValueError(f"lacks the port{in_brackets}")
    return usual(host), port_of(port) if port else int(default or 0)


def _look_into_brackets(text: str, host: str, port: str) -> None:
    if "]" not in text:
        raise ValueError("has a bracket that stays open: write [::1] or [::1]:8301")
    if not isinstance(parsed_ip(host), IPv6Address):
        raise ValueError("has no IPv6 address in its brackets: write [::1] or [::1]:8301")
    if text.removeprefix(f"[{host}]") not in ("", f":{port}"):
        raise ValueError("has something else than a port behind its brackets: write [::1]:8301")


def port_of(text: str) -> int:
    """A port as it is written. Raises ValueError, see ``split_host_port``."""
    if not (text.isascii() and text.isdigit()) or int(text[:6]) > PORT_MOST:
        raise ValueError(f"has no port behind its colon: {text[:20]!r} is no number up to {PORT_MOST}")
    return int(text)


def parsed_ip(text: str) -> IPv4Address | IPv6Address | None:
    """An IP without brackets, None for what is none. One of IPv4 that is written as IPv6 (``::ffff:…``) stays that."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def usual(host: str) -> str:
    """The one form of an address: small letters, no zeros too many, IPv4 as IPv4. Names in small letters."""
    ip = parsed_ip(host)
    if ip is None:
        return host.lower()
    return str(unmapped(ip))


def unmapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """``::ffff:10.0.0.1`` is 10.0.0.1."""
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


def is_here(host: str) -> bool:
    """True for ``localhost`` and for addresses of loopback, without a port: other machines do not reach these."""
    ip = parsed_ip(host)
    return host == "localhost" if ip is None else unmapped(ip).is_loopback


def family_of(host: str) -> str:
    """``IPv4`` or ``IPv6``; of an address in its usual form."""
    return "IPv6" if ":" in host else "IPv4"
