"""The log of a process: where it goes, and from which of Consul's levels on."""

from __future__ import annotations

import faulthandler
import logging
import sys
from collections.abc import Iterator, Mapping
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lictor_actors.consul.log_levels import LEVELS
from lictor_actors.hosts.live.log_lines import NO_OTHERS, ConsulFormat, JsonFormat, set_threshold
from lictor_deploy.agent.log_file import LogFile
from lictor_deploy.words.sentence import Failure

if TYPE_CHECKING:
    from lictor_deploy.config.sections import AgentConfig

SYSLOG = "/dev/log"


def start_log(level: str, stream: Any = None) -> None:
    """Log to ``stream`` (standard output if None) from this level on; a library in C that crashes leaves a trace."""
    _begin([_to_stream(stream)], ConsulFormat(), level)


def start_agent_log(config: AgentConfig) -> None:
    """Log as an agent's configuration says; Failure if a file or syslog cannot be opened."""
    handlers: list[logging.Handler] = [_to_stream(None), *_elsewhere(config)]
    _begin(handlers, JsonFormat() if config.log_json else ConsulFormat(), config.log_level, config.log_levels)


def set_levels(level: str, others: Mapping[str, str] = NO_OTHERS) -> None:
    """From now on log from this level on, and for some actors from another."""
    set_threshold(threshold_of(level), {part: threshold_of(other) for part, other in others.items()})


def threshold_of(level: str) -> str:
    """Python's name of one of Consul's levels; Failure if it is none."""
    if level.upper() not in LEVELS:
        raise Failure(f"Invalid log level {level!r}: use TRACE, DEBUG, INFO, WARN or ERR.")
    return LEVELS[level.upper()]


def _begin(
    handlers: list[logging.Handler], lines: logging.Formatter, level: str, others: Mapping[str, str] = NO_OTHERS
) -> None:
    threshold_of(level)
    for handler in handlers:
        handler.setFormatter(lines)
    logging.getLogger().handlers[:] = handlers
    set_levels(level, others)


def _to_stream(stream: Any) -> logging.StreamHandler[Any]:
    handler = logging.StreamHandler(stream or sys.stdout)
    faulthandler.enable(handler.stream)
    return handler


def _elsewhere(config: AgentConfig) -> Iterator[logging.Handler]:
    most = {"most_bytes": config.log_rotate_bytes, "most_ns": config.log_rotate_duration}
    if config.log_file:
        try:
            yield LogFile(config.log_file, keep=config.log_rotate_max_files, **most)
        except OSError as error:
            raise Failure(f"log_file {config.log_file!r} cannot be written: {error.strerror}. Name another.") from None
    if config.enable_syslog:
        if not Path(SYSLOG).is_socket():  # the handler would drop every line
            raise Failure(f"enable_syslog: there is no syslog at {SYSLOG}. Start one, or set it to false.")
        syslog = SysLogHandler(SYSLOG, facility=SysLogHandler.facility_names[config.syslog_facility])
        syslog.ident = "lictor: "
        yield syslog
