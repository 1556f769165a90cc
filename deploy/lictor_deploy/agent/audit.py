"""The files of the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from lictor_deploy.agent.log_file import LogFile
from lictor_deploy.config.audit import AuditSink
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure


@contextmanager
def audit_log(config: AgentConfig) -> Iterator[Callable[[str], None] | None]:
    """What takes a line for all sinks; None without an audit log. Raises Failure if a file cannot be opened."""
    if not config.audit.enabled:
        yield None
        return
    with ExitStack() as open_files:
        files = [open_files.enter_context(closing(_file(name, sink))) for name, sink in config.audit.sink.items()]

        def write(line: str) -> None:
            for file in files:
                file.write(line)

        yield write


def _file(name: str, sink: AuditSink) -> LogFile:
    most_bytes, most_ns, keep = sink.rotate_bytes, sink.rotate_duration, sink.rotate_max_files
    try:
        return LogFile(sink.path, most_bytes=most_bytes, most_ns=most_ns, keep=keep)
    except OSError as error:
        why = f"audit.sink.{name}.path {sink.path!r} cannot be written: {error.strerror}. Name another."
        raise Failure(why) from None
