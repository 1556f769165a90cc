"""The log's lines as Consul writes them, and how far down the process logs."""

from __future__ import annotations

import json
import logging
import time

SHORT = {"WARNING": "WARN", "CRITICAL": "ERROR"}
"""Consul's names of levels, where Python has others."""


class ConsulFormat(logging.Formatter):
    """``2026-01-02T15:04:05.000Z [INFO]  agent: …``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback if there is one."""
        text = f"{_stamp(record)} {f'[{_level(record)}]':<7} {record.getMessage()}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class JsonFormat(logging.Formatter):
    """One object a line, with hclog's keys; ``agent`` of ``agent: …`` is its module."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, a traceback within it."""
        module, colon, message = record.getMessage().partition(": ")
        if not (colon and module.isidentifier()):
            module, message = record.name, record.getMessage()
        line = {"@level": _level(record).lower(), "@message": message, "@module": module, "@timestamp": _stamp(record)}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def set_threshold(level: str) -> None:
    """The log goes on from this level on (Python's name); those that follow it keep their own."""
    for handler in logging.getLogger().handlers:
        if not isinstance(handler, Follower):
            handler.setLevel(level)
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


def _stamp(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"


def _level(record: logging.LogRecord) -> str:
    return SHORT.get(record.levelname, record.levelname)
