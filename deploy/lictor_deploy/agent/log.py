"""The log as Consul writes it: its levels, its lines."""

from __future__ import annotations

import faulthandler
import logging
import sys
import time
from typing import Any

from lictor_deploy.words.sentence import Failure

LEVELS = {"TRACE": "DEBUG", "DEBUG": "DEBUG", "INFO": "INFO", "WARN": "WARNING", "ERR": "ERROR", "ERROR": "ERROR"}


class ConsulFormat(logging.Formatter):
    """``2026-01-02T15:04:05.000Z [INFO]  agent: …``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback if there is one."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        level = f"[{'WARN' if record.levelname == 'WARNING' else record.levelname}]"
        text = f"{stamp}.{int(record.msecs):03d}Z {level:<7} {record.getMessage()}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def start_log(level: str, stream: Any = None) -> None:
    """Log to ``stream`` (standard output if None) from this level on; a library in C that crashes leaves a trace."""
    threshold = threshold_of(level)
    handler = logging.StreamHandler(stream or sys.stdout)
    faulthandler.enable(handler.stream)
    handler.setFormatter(ConsulFormat())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)


def set_level(level: str) -> None:
    """From now on log from this level on."""
    logging.getLogger().setLevel(threshold_of(level))


def threshold_of(level: str) -> str:
    """Python's name of one of Consul's levels; Failure if it is none."""
    if level.upper() not in LEVELS:
        raise Failure(f"Invalid log level {level!r}: use TRACE, DEBUG, INFO, WARN or ERR.")
    return LEVELS[level.upper()]
