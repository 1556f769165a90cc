"""A running agent reads its files again: some keys take effect at once, the others with the next start."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, TypeVar

from lictor_actors.node.spec import NodeSpec
from lictor_actors.node.tree import tree
from lictor_deploy.agent.log import set_levels
from lictor_deploy.agent.spec import definitions_of, with_keys
from lictor_deploy.agent.tls import AgentTls
from lictor_deploy.agent.watches import RunningWatches
from lictor_deploy.config.option import Section, options
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure
from lictor_messages.base import Message
from lictor_messages.host import ActorSpec
from lictor_messages.reload import DefinitionsRead, ReadDefinitions

FOLLOW = ("agent", "server", "gateway", "dns")
"""Actors that take their options anew while they run."""
S = TypeVar("S", bound=Section)
log = logging.getLogger("lictor")


class Reloading:
    """Does the agent's job ReadDefinitions."""

    def __init__(
        self,
        running: AgentConfig,
        spec: NodeSpec,
        load: Callable[[], AgentConfig],
        watches: RunningWatches,
        tls: AgentTls,
    ) -> None:
        """``load`` reads the configuration as it was read at the start, with the same flags; raises Failure."""
        self._running = running
        self._spec = spec
        self._load = load
        self.shows: Callable[[AgentConfig, AgentConfig], None] = lambda _running, _now: None
        """Told how metrics are filtered from now on."""
        self._watches = watches
        self._tls = tls
        self._told = dict(self._actors(running))
        """What each actor was told last."""

    async def read(self, job: ReadDefinitions) -> DefinitionsRead:
        """What the files define now, or what is wrong with them."""
        try:
            config = self._load()
            services, checks = definitions_of(self._with_running_scripts(config), self._spec.name)
            self._tls.follow(reloaded(self._running, config))
            set_levels(config.log_level, config.log_levels)
            self._watches.follow(config.watches)
        except Failure as failure:
            log.error("agent: the configuration was not reloaded: %s", failure)
            return DefinitionsRead(ticket=job.ticket, error=str(failure))
        self.shows(self._running, config)
        if later := list(self._waiting(config)):
            log.warning("agent: changed, and in force only after a restart: %s", ", ".join(later))
        return DefinitionsRead(ticket=job.ticket, services=services, checks=checks, actors=self._news(config))

    def _news(self, config: AgentConfig) -> tuple[ActorSpec, ...]:
        """The actors that have to be told something."""
        before, self._told = self._told, dict(self._actors(reloaded(self._running, config)))
        return tuple(
            ActorSpec(role=role, options=options)
            for role, options in self._told.items()
            if role in FOLLOW and options != before[role]
        )

    def _actors(self, config: AgentConfig) -> Iterator[tuple[str, Message]]:
        for actor in tree(with_keys(self._spec, config)):
            if actor.options is not None:
                yield actor.role, actor.options

    def _with_running_scripts(self, config: AgentConfig) -> AgentConfig:
        running = self._running
        return config.model_copy(
            update={
                "enable_script_checks": running.enable_script_checks,
                "enable_local_script_checks": running.enable_local_script_checks,
            }
        )

    def _waiting(self, config: AgentConfig) -> Iterator[str]:
        for option in options(type(config)):
            value = attrgetter(option.key)
            if not option.reloads and value(config) != value(self._running):
                yield option.key


def reloaded(running: AgentConfig, config: AgentConfig) -> AgentConfig:
    """The running one with those values of the other that a reload puts in force."""
    for option in options(type(config)):
        if option.reloads:
            running = with_value(running, option.key, attrgetter(option.key)(config))
    return running


def with_value(section: S, key: str, value: Any) -> S:
    """The same section with another value of one key, ``name`` or ``section.name``."""
    name, _, inner = key.partition(".")
    return section.model_copy(update={name: with_value(getattr(section, name), inner, value) if inner else value})
