"""What an agent writes about its node: the commands that make the catalog say what the agent knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lictor_actors.roles.agent.local_state import Key, LocalState
from lictor_messages.agent import AgentOptions
from lictor_messages.answers import Command
from lictor_messages.catalog import CheckRecord, Deregister, NodeRecord, Register, ServiceRecord
from lictor_messages.cut import size

NODE_KEY: Key = ("node", "")
TOGETHER_MOST = 1024 * 1024
"""Bytes of the checks that go into the same entry as their service; the others go in entries of their own."""

Write = tuple[Command, tuple[Key, ...]]
"""A command and the things that it settles."""


class OwnWrites:
    """Commands for things of this node; what the agent no longer has is deregistered."""

    def __init__(self, options: AgentOptions) -> None:
        self.node = _node_record(options)

    def describe(self, options: AgentOptions) -> bool:
        """Write the node so from now on; False if that is no change."""
        before, self.node = self.node, _node_record(options)
        return self.node != before

    def commands(
        self, keys: Sequence[Key], local: LocalState, node_known: bool, *, node_apart: bool = False
    ) -> list[Write]:
        """As few as will do. ``node_known``: the catalog has the node as it is, so that they leave it alone.

        ``node_apart``: it is written by another token than its services, and before them.
        """
        if node_apart and NODE_KEY in keys:
            others = [key for key in keys if key != NODE_KEY]
            return [(self._register(False), (NODE_KEY,)), *self.commands(others, local, True)]
        node_known = node_known and NODE_KEY not in keys
        # Services first: a check of a service that changed too goes into the same entry of the log.
        writes = [self._service(i, keys, local, node_known) for kind, i in keys if kind == "service"]
        settled = {key for _, taken in writes for key in taken}
        writes += [
            self._check(i, local, node_known) for kind, i in keys if kind == "check" and (kind, i) not in settled
        ]
        if NODE_KEY in keys and not any(isinstance(command, Register) for command, _ in writes):
            writes.append((self._register(node_known), (NODE_KEY,)))
        return writes

    def _service(self, service_id: str, keys: Sequence[Key], local: LocalState, node_known: bool) -> Write:
        service = local.services.get(service_id)
        if service is None:
            return Deregister(node=self.node.node, service_id=service_id), (("service", service_id),)
        checks = _as_many_as_fit([i for i in local.checks_of(service_id) if ("check", i) in keys], local)
        records = tuple(local.checks[i].record for i in checks)
        taken: tuple[Key, ...] = (("service", service_id), *(("check", i) for i in checks))
        return self._register(node_known, service.record, records), taken

    def _check(self, check_id: str, local: LocalState, node_known: bool) -> Write:
        key: Key = ("check", check_id)
        check = local.checks.get(check_id)
        if check is None:
            return Deregister(node=self.node.node, check_id=check_id), (key,)
        return self._register(node_known, None, (check.record,)), (key,)

    def _register(
        self, node_known: bool, service: ServiceRecord | None = None, checks: tuple[CheckRecord, ...] = ()
    ) -> Register:
        return Register(node=self.node, skip_node_update=node_known, service=service, checks=checks)


def owners(keys: Sequence[Key], local: LocalState) -> Iterator[Key]:
    """The services of these checks, whose tokens are theirs, too."""
    checks = (local.checks.get(name) for kind, name in keys if kind == "check")
    return (("service", check.record.service_id) for check in checks if check is not None)


def _as_many_as_fit(checks: Sequence[str], local: LocalState) -> list[str]:
    left, fitting = TOGETHER_MOST, list[str]()
    for check_id in checks:
        left -= _bytes(local.checks[check_id].record)
        if left >= 0 or not fitting:
            fitting.append(check_id)
    return fitting


def _bytes(check: CheckRecord) -> int:
    return sum(map(size, (check.output, check.notes, *check.service_tags)))


def _node_record(o: AgentOptions) -> NodeRecord:
    return NodeRecord(
        node=o.name,
        address=o.address,
        id=o.node_id,
        datacenter=o.dc,
        tagged_addresses=o.tagged_addresses,
        meta=o.meta,
    )
