"""The log's lines as Consul writes them, and how far down the process logs, for each actor.

A line that belongs to a request ends in its ``cause``, which the request keeps on its way through all nodes.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from types import MappingProxyType

TRACE = 5
logging.addLevelName(TRACE, "TRACE")
SHORT = {"WARNING": "WARN", "CRITICAL": "ERROR"}
"""Consul's names of levels, where Python has others."""
ROOT = "lictor"
NO_OTHERS: Mapping[str, str] = MappingProxyType({})


def log_of(part: str) -> logging.Logger:
    """The log of an actor by its role, of ``host``, ``http``: each may have a level of its own."""
    return logging.getLogger(f"{ROOT}.{part}")


def about(cause: str) -> dict[str, str]:
    """``extra`` of a line that belongs to this request."""
    return {"cause": cause}


class ConsulFormat(logging.Formatter):
    """``2026-01-02T15:04:05.000Z [INFO]  agent: …: cause=…``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback if there is one."""
        cause = _cause(record)
        text = f"{_stamp(record)} {f'[{_level(record)}]':<7} {record.getMessage()}{f': cause={cause}' if cause else ''}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class JsonFormat(logging.Formatter):
    """One object a line, with hclog's keys; ``agent`` of ``agent: …`` is its module."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, a traceback within it."""
        module, colon, message = record.getMessage().partition(": ")
        if not (colon and module.isidentifier()):
            module, message = record.name.removeprefix(f"{ROOT}."), record.getMessage()
        line = {"@level": _level(record).lower(), "@message": message, "@module": module, "@timestamp": _stamp(record)}
        if cause := _cause(record):
            line["cause"] = cause
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


class Threshold(logging.Filter):
    """Lets through what is high enough, for some parts another height."""

    def __init__(self, level: str, others: Mapping[str, str]) -> None:
        super().__init__()
        self._level = _number(level)
        self._others = {f"{ROOT}.{part}": _number(lower) for part, lower in others.items()}

    @property
    def lowest(self) -> int:
        """Below it nothing goes through."""
        return min((self._level, *self._others.values()))

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is written."""
        return record.levelno >= self._others.get(record.name, self._level)


def set_threshold(level: str, others: Mapping[str, str] = NO_OTHERS) -> None:
    """The log goes on from this level on (Python's name), with ``others`` for some parts; its followers keep theirs."""
    threshold = Threshold(level, others)
    for handler in logging.getLogger().handlers:
        if not isinstance(handler, Follower):
            handler.filters[:] = [threshold] if others else []
            handler.setLevel(threshold.lowest)
    _settle()


class Follower(logging.Handler):
    """One more reader of the log, with a level of its own."""

    def begin(self) -> None:
        """The other handlers go on as before, though the process may log more from now on."""
        root = logging.getLogger()
        for handler in root.handlers:
            if not isinstance(handler, Follower):
                handler.setLevel(max(handler.level, root.level))
        root.addHandler(self)
        _settle()

    def end(self) -> None:
        """It reads no more."""
        logging.getLogger().removeHandler(self)
        _settle()


def _settle() -> None:
    """Lines that no handler takes are not made."""
    root = logging.getLogger()
    root.setLevel(min((handler.level for handler in root.handlers), default=logging.WARNING))


def _number(level: str) -> int:
    number: int = logging.getLevelName(level)
    return number


def _cause(record: logging.LogRecord) -> str:
    return getattr(record, "cause", "")


def _stamp(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"


def _level(record: logging.LogRecord) -> str:
    return SHORT.get(record.levelname, record.levelname)
