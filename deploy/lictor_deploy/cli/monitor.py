"""``lictor monitor``: an agent's log as it is written."""

from __future__ import annotations

from lictor_deploy.cli.ending import sigterm_as_ctrl_c
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure


def monitor(*, log_level: str = "INFO", log_json: bool = False, reach: Reach = DEFAULT_REACH) -> None:
    """Show the agent's log as it is written, until Ctrl-C or SIGTERM; exit code 1 if the agent ends it.

    Example: lictor monitor -log-level=DEBUG

    Parameters
    ----------
    log_level
        Show lines of this level and above: TRACE, DEBUG, INFO, WARN or ERR. It changes nothing at the agent.
    log_json
        Show each line as a JSON object.
    """
    api = reach.api()
    api.patience_s = None  # a quiet agent writes nothing for hours
    query = {"loglevel": log_level} | ({"logjson": ""} if log_json else {})
    try:
        with sigterm_as_ctrl_c():
            for line in api.lines("/v1/agent/monitor", **query):
                print(line.decode(errors="replace"), flush=True)
    except KeyboardInterrupt:
        return
    raise Failure("The agent ended its log: it has stopped, or it crashed.")
