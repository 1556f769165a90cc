"""The types of keys: what is no such value is refused with a sentence that names the key, the value and the remedy.

``{key}`` and ``{value}`` in a refusal are filled in where both are known.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from logging.handlers import SysLogHandler
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from lictor_actors.consul.log_levels import LEVELS
from lictor_deploy.config.option import Word
from lictor_messages.addresses import PORT_MOST, parsed_ip, split_host_port
from lictor_messages.durations import duration_ns
from lictor_messages.kv import VALUE_MOST

LOG_PARTS = ("agent", "checker", "dns", "gateway", "host", "http", "prober", "prober-wan", "router", "server")
"""Actors by their roles, and those that carry them."""
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FRAMING = ("connection", "content-encoding", "content-length", "date", "transfer-encoding", "vary")
FILE_MODE = re.compile(r"0?[0-7]{3}")
RATE_MOST = 1e9
DOMAIN_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def duration(given: Any) -> int:
    """Nanoseconds of a time that is longer than nothing: ``"1m30s"``, or seconds."""
    try:
        if isinstance(given, str | int | float) and (ns := duration_ns(given)) > 0:
            return ns
    except (ValueError, OverflowError):
        pass
    raise ValueError("{key} {value} is no length of time: write it like 30s or 1m30s, or as a number of seconds.")


def span(given: Any) -> int:
    """The same, or no time at all."""
    return 0 if given in (0, "0", "0s") and given is not False else duration(given)


def port(number: int) -> int:
    """A port, 0 for the default one, or -1 for none."""
    if not -1 <= number <= PORT_MOST:
        raise ValueError("{key} must be a port number, or -1 to switch it off, not {value}.")
    return number


def lane_port(number: int) -> int:
    """A port of the cluster's own traffic, 0 for the default one."""
    if number == -1:
        raise ValueError("{key} carries the cluster's own traffic and cannot be switched off: give a port.")
    return port(number)


def host_name(text: str) -> str:
    """What a Host header can be, or ``*``; whole URLs above all are refused."""
    if not text or not text.isprintable() or any(c in text for c in "/ ,@") or ("*" in text and text != "*"):
        raise ValueError("{key}: {value} is no host's name: write consul.example, or * for any.")
    return text


def domain(text: str) -> str:
    """A domain of DNS in small letters, with a dot at its end; "" for none."""
    labels = text.lower().removesuffix(".").split(".")
    if text and not all(DOMAIN_LABEL.fullmatch(label) for label in labels):
        raise ValueError("{key} {value} is no domain of DNS: write it like consul. or services.example.")
    return f"{'.'.join(labels)}." if text else ""


def recursor(text: str) -> str:
    """A DNS server: an IP, with a port where it is not 53."""
    try:
        host, _ = split_host_port(text, 53)
    except ValueError as error:
        raise ValueError(f"{{key}} {{value}} {error}.") from None
    address = parsed_ip(host)
    if address is None or address.is_unspecified:
        raise ValueError("{key} {value} is no address of a DNS server: give an IP, 10.0.0.2 or 10.0.0.2:5353.")
    return text


def metric_filter(text: str) -> str:
    """A rule about metrics: what their names begin with, after + or -."""
    if text[:1] not in ("+", "-") or not text[1:]:
        raise ValueError("{key} {value} is no filter: write +consul.raft to let through, -consul.raft to keep back.")
    return text


def log_level(text: str) -> str:
    """One of Consul's levels."""
    if text.upper() not in LEVELS:
        raise ValueError("{key} {value} is no level: use TRACE, DEBUG, INFO, WARN or ERR.")
    return text.upper()


def log_part(text: str) -> str:
    """What may have a level of its own."""
    if text not in LOG_PARTS:
        raise ValueError(f"{{key}}: {text!r} writes no log: use {', '.join(LOG_PARTS)}.")
    return text


def syslog_facility(text: str) -> str:
    """A name that syslog knows, in small letters."""
    if text.lower() not in SysLogHandler.facility_names:
        raise ValueError("{key} {value} is no facility of syslog: write LOCAL0 to LOCAL7, DAEMON or USER.")
    return text.lower()


def files_kept(number: int) -> int:
    """How many log files are kept beside the one that is written."""
    if number < -1:
        raise ValueError("{key} must be a number of files, 0 to keep all or -1 to keep none, not {value}.")
    return number


def datacenter(text: str) -> str:
    """The name in small letters."""
    if not text.replace("-", "").replace("_", "").isalnum():
        raise ValueError("Invalid {key} {value}: use letters, digits, - and _.")
    return text.lower()


def network(text: str) -> str:
    """A network in CIDR notation."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise ValueError("{key} {value} is no network: write it like 10.0.0.0/8 or fd00::/8.") from None


def path_prefix(text: str) -> str:
    """The beginning of a path of HTTP."""
    if not text.startswith("/"):
        raise ValueError("{key} {value} begins no path: write it like /v1/agent.")
    return text


def headers(given: Any) -> Any:
    """Names and values of headers of HTTP (RFC 9110, 5)."""
    for name, value in given.items() if isinstance(given, dict) else ():
        if not HEADER_NAME.fullmatch(str(name)) or not str(value).isprintable():
            raise ValueError(
                f"{{key}}: {name!r} is no header: a name has letters, digits and -, and its value is one line."
            )
        if str(name).lower() in FRAMING:
            raise ValueError(
                f"{{key}}: {name} says how an answer is sent, and the agent says that itself: leave it out."
            )
    return given


def header_lists(given: Any) -> Any:
    """The same, where a name has a list of values."""
    for values in given.values() if isinstance(given, dict) else ():
        for value in values if isinstance(values, list) else ():
            headers(dict.fromkeys(given, value))
    return given


def mode(text: str) -> str:
    """The mode of a file, "" for that of all files of the process."""
    if text and not FILE_MODE.fullmatch(text):
        raise ValueError("{key} {value} is no mode of a file: write it in octal digits, such as 0770.")
    return text


def rate(number: float) -> float:
    """How many a second; any negative number stands for any number."""
    if number < 0:
        return -1.0
    if not number < RATE_MOST:
        raise ValueError("{key} {value} is no rate: give a number of requests a second, or -1 for any number.")
    return number


def value_size(number: int) -> int:
    """Bytes that an entry of the log takes."""
    if not 1 <= number <= VALUE_MOST:
        raise ValueError(f"{{key}} must be between 1 and {VALUE_MOST}, which is what the log takes, not {{value}}.")
    return number


def multiplier(number: float) -> float:
    """By what Raft's times are multiplied."""
    if not 0 < number <= 10:
        raise ValueError("{key} must be between 0 and 10: 1 is fast, 5 suits small machines.")
    return number


def no_negative(number: int) -> int:
    """A number of things."""
    if number < 0:
        raise ValueError("{key} cannot be negative: {value} is.")
    return number


def positive(number: int) -> int:
    """A number of things of which there is one at least."""
    if number < 1:
        raise ValueError("{key} must be at least 1, not {value}.")
    return number


Duration = Annotated[int, BeforeValidator(duration), Word("duration")]
"""In files a text or a number of seconds; afterwards nanoseconds."""
Span = Annotated[int, BeforeValidator(span), Word("duration")]
"""The same, 0 included."""
Port = Annotated[int, AfterValidator(port), Word("port")]
LanePort = Annotated[int, AfterValidator(lane_port), Word("port")]
HostName = Annotated[str, AfterValidator(host_name)]
Domain = Annotated[str, AfterValidator(domain)]
Recursor = Annotated[str, AfterValidator(recursor)]
MetricFilter = Annotated[str, AfterValidator(metric_filter)]
LogLevel = Annotated[str, AfterValidator(log_level)]
LogPart = Annotated[str, AfterValidator(log_part)]
Facility = Annotated[str, AfterValidator(syslog_facility)]
FilesKept = Annotated[int, AfterValidator(files_kept)]
Datacenter = Annotated[str, AfterValidator(datacenter)]
PrimaryDatacenter = Annotated[str, AfterValidator(lambda name: datacenter(name) if name else "")]
Network = Annotated[str, AfterValidator(network)]
PathPrefix = Annotated[str, AfterValidator(path_prefix)]
Headers = Annotated[dict[str, str], BeforeValidator(headers)]
HeaderLists = Annotated[dict[str, list[str]], BeforeValidator(header_lists)]
Mode = Annotated[str, AfterValidator(mode)]
Rate = Annotated[float, AfterValidator(rate)]
ValueSize = Annotated[int, AfterValidator(value_size)]
Multiplier = Annotated[float, AfterValidator(multiplier)]
Count = Annotated[int, AfterValidator(no_negative)]
CountFromOne = Annotated[int, AfterValidator(positive)]
