"""The keys about the log of an agent's configuration."""

from __future__ import annotations

from lictor_deploy.config.kinds import Count, Duration, Facility, FilesKept, LogLevel, LogPart
from lictor_deploy.config.option import Section, option

DAY_NS = 86_400_000_000_000


class LogKeys(Section):
    """What is logged, and where."""

    log_level: str = option("TRACE, DEBUG, INFO, WARN or ERR.", default="INFO", flag="log-level", reloads=True)
    log_levels: dict[LogPart, LogLevel] = option(
        'Levels of single actors, where they are others: `{ server = "TRACE" }`.', default={}, reloads=True
    )
    log_json: bool = option("Write each line of the log as a JSON object.", default=False, flag="log-json")
    log_file: str = option(
        "Write the log to this file, too, the time before its ending; a name that ends in / is a directory.",
        default="",
        flag="log-file",
    )
    log_rotate_duration: Duration = option(
        "Begin a new file after this long.", default=DAY_NS, flag="log-rotate-duration"
    )
    log_rotate_bytes: Count = option(
        "Begin a new file after so many bytes; 0 for no such bound.", default=0, flag="log-rotate-bytes"
    )
    log_rotate_max_files: FilesKept = option(
        "So many older files are kept; 0 for all of them, -1 for none.", default=0, flag="log-rotate-max-files"
    )
    enable_syslog: bool = option("Send the log to syslog, too.", default=False, flag="syslog")
    syslog_facility: Facility = option("The facility of its lines there.", default="local0")
