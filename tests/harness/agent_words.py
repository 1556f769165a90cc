"""What ``lictor agent`` makes of the words of a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

from lictor_deploy.cli import agent as command
from lictor_deploy.cli.plain_flags import read_plain
from lictor_deploy.config.sections import AgentConfig


def configuration(words: Sequence[str]) -> AgentConfig:
    """Its configuration. The directories of configuration that they name need not be there."""
    program, *rest = words
    assert program == "agent"
    flags = [word for word in rest if not word.startswith("-config-dir=")]
    with patch("lictor_deploy.agent.run.run_agent") as run:
        found = read_plain(command.agent, flags)
        assert found is not None, f"lictor agent does not take {flags}"
        command.agent(**found)
    config: AgentConfig = run.call_args.args[0]
    return config
