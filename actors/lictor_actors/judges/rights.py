"""Was nothing seen that the rules deny? Looked up rule by rule: this judge shares no code with what enforces them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

STRICTNESS = ("read", "list", "write", "deny")
"""Of two rules for the same name the later one here holds."""


class Rule(NamedTuple):
    """One rule of a policy."""

    resource: str
    name: str
    is_prefix: bool
    access: str


class RightsJudge:
    """Told of the rules of each reader, and of each name that a reader saw."""

    def __init__(self, *, default_allows: bool = False) -> None:
        self._default = default_allows
        self._rules: dict[str, Sequence[Rule]] = {}
        self._before: dict[str, Sequence[Rule]] = {}
        self.faults: list[str] = []
        """One line for each thing that was seen and should not have been."""

    def holds(self, reader: str, rules: Sequence[Rule]) -> None:
        """These are the reader's rules from now on; what is on its way may have been answered by those of before."""
        self._before[reader] = self._rules.get(reader, rules)
        self._rules[reader] = rules

    def settled(self) -> None:
        """Every answer from now on was given by the rules of now."""
        self._before = dict(self._rules)

    def saw(self, reader: str, resource: str, names: Iterable[str]) -> None:
        """The reader was shown these."""
        self.saw_by(reader, (self._rules[reader], self._before[reader]), resource, names)

    def saw_by(self, reader: str, possible: Sequence[Sequence[Rule]], resource: str, names: Iterable[str]) -> None:
        """The same of a reader of which it is known which sets of rules may have been in force, one of them."""
        for name in names:
            if not any(self._may_read(rules, resource, name) for rules in possible):
                self.faults.append(f"{reader} saw {resource} {name!r}, which its rules deny: {possible[0]}")

    def missed(self, reader: str, resource: str, names: Iterable[str], seen: Iterable[str]) -> None:
        """The reader asked for all; of these names it was shown those that were ``seen``."""
        for name in set(names) - set(seen):
            if self._may_read(self._rules[reader], resource, name):
                self.faults.append(f"{reader} was not shown {resource} {name!r}, which its rules allow")

    def _may_read(self, rules: Sequence[Rule], resource: str, name: str) -> bool:
        of = [rule for rule in rules if rule.resource == resource]
        fitting = [rule for rule in of if not rule.is_prefix and rule.name == name]
        if not fitting:
            prefixes = [rule for rule in of if rule.is_prefix and name.startswith(rule.name)]
            longest = max((len(rule.name) for rule in prefixes), default=0)
            fitting = [rule for rule in prefixes if len(rule.name) == longest]
        if not fitting:
            return self._default
        return max((rule.access for rule in fitting), key=STRICTNESS.index) != "deny"
