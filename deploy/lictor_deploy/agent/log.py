"""The log of a process: where it goes, and from which of Consul's levels on."""

from __future__ import annotations

import faulthandler
import logging
import sys
from typing import Any

from lictor_actors.consul.log_levels import LEVELS
from lictor_actors.hosts.live.log_lines import ConsulFormat, set_threshold
from lictor_deploy.words.sentence import Failure


def start_log(level: str, stream: Any = None) -> None:
    """Log to ``stream`` (standard output if None) from this level on; a library in C that crashes leaves a trace."""
    threshold = threshold_of(level)
    handler = logging.StreamHandler(stream or sys.stdout)
    faulthandler.enable(handler.stream)
    handler.setFormatter(ConsulFormat())
    logging.getLogger().handlers[:] = [handler]
    set_threshold(threshold)


def set_level(level: str) -> None:
    """From now on log from this level on."""
    set_threshold(threshold_of(level))


def threshold_of(level: str) -> str:
    """Python's name of one of Consul's levels; Failure if it is none."""
    if level.upper() not in LEVELS:
        raise Failure(f"Invalid log level {level!r}: use TRACE, DEBUG, INFO, WARN or ERR.")
    return LEVELS[level.upper()]
