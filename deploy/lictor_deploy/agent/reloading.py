"""A running agent's files are read again: definitions, levels of the log and filters of metrics take effect at once.

The rest does with the next start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from operator import attrgetter

from lictor_deploy.agent.log import set_levels
from lictor_deploy.agent.spec import definitions_of
from lictor_deploy.config.option import options
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure
from lictor_messages.reload import DefinitionsRead, ReadDefinitions

AT_ONCE = ("services", "checks", "log_level", "log_levels", "telemetry.prefix_filter", "telemetry.filter_default")
"""Keys that are put in force by a reload."""
log = logging.getLogger("lictor")


class Reloading:
    """Does the agent's job ReadDefinitions."""

    def __init__(self, running: AgentConfig, node: str, load: Callable[[], AgentConfig]) -> None:
        """``load`` reads the configuration as it was read at the start, with the same flags; raises Failure."""
        self._running = running
        self._node = node
        self._load = load
        self.shows: Callable[[AgentConfig, AgentConfig], None] = lambda _running, _now: None
        """Told how metrics are filtered from now on."""

    async def read(self, job: ReadDefinitions) -> DefinitionsRead:
        """What the files define now, or what is wrong with them."""
        try:
            config = self._load()
            services, checks = definitions_of(self._with_running_scripts(config), self._node)
            set_levels(config.log_level, config.log_levels)
        except Failure as failure:
            log.error("agent: the configuration was not reloaded: %s", failure)
            return DefinitionsRead(ticket=job.ticket, error=str(failure))
        self.shows(self._running, config)
        if later := [key for key in self._changed(config) if key not in AT_ONCE]:
            log.warning("agent: changed, and in force only after a restart: %s", ", ".join(later))
        return DefinitionsRead(ticket=job.ticket, services=services, checks=checks)

    def _with_running_scripts(self, config: AgentConfig) -> AgentConfig:
        running = self._running
        return config.model_copy(
            update={
                "enable_script_checks": running.enable_script_checks,
                "enable_local_script_checks": running.enable_local_script_checks,
            }
        )

    def _changed(self, config: AgentConfig) -> list[str]:
        keys = [option.key for option in options(type(config))]
        return [key for key in keys if attrgetter(key)(config) != attrgetter(key)(self._running)]
