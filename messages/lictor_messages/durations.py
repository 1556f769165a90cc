"""Durations as Go writes and reads them: ``1m30s``, ``150ms``, ``1.5h``. Source: Go's package time."""

from __future__ import annotations

import re

UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
SECOND_NS = UNITS_NS["s"]
LIMIT_NS = 2**63
"""Go keeps durations in 64 bits, signed."""

_SECONDS = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)
_PART = re.compile(r"([0-9]*)(\.[0-9]*)?([^0-9.]*)", re.ASCII)


def go_duration(ns: int) -> str:
    """Nanoseconds as Go's ``Duration.String`` prints them; zero is ``0s``."""
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    if ns == 0:
        return "0s"
    if ns < SECOND_NS:
        unit = "ns" if ns < UNITS_NS["us"] else "µs" if ns < UNITS_NS["ms"] else "ms"
        return f"{sign}{_decimal(ns, UNITS_NS[unit])}{unit}"
    minutes, rest = divmod(ns, UNITS_NS["m"])
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{clock}{_decimal(rest, SECOND_NS)}s"


def duration_ns(given: str | float) -> int:
    """Nanoseconds of what people write: a Go duration, or seconds as a number or as a text. Raises ValueError."""
    if isinstance(given, str) and _SECONDS.fullmatch(given) is None:
        return parse_go_duration(given)
    ns = float(given) * SECOND_NS
    if isinstance(given, bool) or not -LIMIT_NS <= ns < LIMIT_NS:  # nor is what is no number within them
        raise ValueError(f"time: invalid duration {given!r}")
    return round(ns)


def parse_go_duration(text: str) -> int:
    """Nanoseconds of a Go duration; raises ValueError in Go's words (``time: invalid duration "x"``)."""
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    body = text[1:] if text[:1] in ("+", "-") else text
    if body == "0":
        return 0
    if not body:
        raise ValueError(f"time: invalid duration {quoted}")
    total, at = 0, 0
    while at < len(body):
        part = _PART.match(body, at)
        if part is None or not (part[1] or len(part[2] or "") > 1):
            raise ValueError(f"time: invalid duration {quoted}")
        total += _part_ns(part, quoted)
        at = part.end()
    ns = -total if text[0] == "-" else total
    if not -LIMIT_NS <= ns < LIMIT_NS:
        raise ValueError(f"time: invalid duration {quoted}")
    return ns


def _part_ns(part: re.Match[str], quoted: str) -> int:
    whole, fraction, unit = part[1], part[2] or "", part[3]
    if not unit:
        raise ValueError(f"time: missing unit in duration {quoted}")
    if unit not in UNITS_NS:
        raise ValueError(f'time: unknown unit "{unit}" in duration {quoted}')
    if len(whole) > len(str(LIMIT_NS)):  # beyond any duration: not worth a big number
        raise ValueError(f"time: invalid duration {quoted}")
    return int(whole or 0) * UNITS_NS[unit] + _fraction_ns(fraction[1:], UNITS_NS[unit])


def _fraction_ns(digits: str, unit_ns: int) -> int:
    """Go reckons what follows the point in floating point, from as many digits as 64 bits hold."""
    digits = digits[:19] if int(digits[:19] or 0) <= LIMIT_NS else digits[:18]
    return int(float(digits or 0) * (float(unit_ns) / 10.0 ** len(digits)))


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    if not rest:
        return str(whole)
    digits = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}"
