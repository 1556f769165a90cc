"""Names with claims in them: ``web-${value.team}``. What a rule may speak of is checked before it is kept.

Source: Consul's page on binding rules. Of HIL, the language that Consul uses there, it is variables alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PART = re.compile(r"\$\$\{|\$\{\s*([^\s{}]*)\s*\}|\$\{")


class BadName(ValueError):
    """A template that says nothing, or a name that no identity may have."""


def filled_in(template: str, variables: Mapping[str, str]) -> str:
    """The template with the variables in their places; ``$${`` is ``${`` itself. Raises BadName.

    Capital letters stay: made small, two names would become one.
    """

    def fill(part: re.Match[str]) -> str:
        if part[0] == "$${":
            return "${"
        if part[1] is None:
            raise BadName(f"{template[:64]!r} has a ${{ without its end")
        if part[1] not in variables:
            raise BadName(f"unknown variable {part[1][:64]!r}: known are {', '.join(sorted(variables)) or 'none'}")
        return variables[part[1]]

    return _PART.sub(fill, template)
