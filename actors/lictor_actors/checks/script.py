"""Script: a program is run. Exit code 0 passes, 1 is a warning, everything else critical.

Programs run with the rights of the agent, so the agent's configuration has to allow them: ``enable_script_checks`` for
all, ``enable_local_script_checks`` for those that are defined in its files.
"""

from __future__ import annotations

from typing import Literal

from lictor_actors.checks.kind import SECOND, CheckKind, Verdict
from lictor_messages.agent import CheckSpec
from lictor_messages.catalog import CheckStatus
from lictor_messages.durations import go_duration
from lictor_messages.jobs import RunScript, ScriptEnded
from lictor_messages.refusals import Refused

Allowed = Literal["no", "files", "all"]
"""Of which definitions an agent runs scripts."""
OFF_FOR_CALLS = (
    "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' or use "
    "'enable_local_script_checks' and define the check in a file"
)
OFF = (
    "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or "
    "'enable_local_script_checks' to true"
)
BY_EXIT_CODE: dict[int, CheckStatus] = {0: "passing", 1: "warning"}


def allowed(everywhere: bool, in_files: bool) -> Allowed:
    """What the two keys of the configuration come to."""
    if everywhere:
        return "all"
    return "files" if in_files else "no"


def script_refused(spec: CheckSpec, runs: Allowed, *, from_files: bool) -> Refused | None:
    """Why an agent that ``runs`` these scripts does not take a check, or None."""
    if not spec.args or runs == "all" or (from_files and runs == "files"):
        return None
    return Refused(code="Invalid", text=OFF if from_files else OFF_FOR_CALLS)


def _job(spec: CheckSpec, ticket: str) -> RunScript:
    return RunScript(ticket=ticket, args=spec.args, timeout_ns=spec.timeout_ns, output_max_size=spec.output_max_size)


def _verdict(spec: CheckSpec, result: ScriptEnded) -> Verdict:
    if result.error:
        return "critical", result.error
    if result.timed_out:
        return "critical", f"Timed out ({go_duration(spec.timeout_ns)}) running check"
    return BY_EXIT_CODE.get(result.exit_code, "critical"), result.output


SCRIPT = CheckKind(_job, ScriptEnded, _verdict, timeout_ns=30 * SECOND)
