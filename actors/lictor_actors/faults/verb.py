"""What a fault verb is: one model with its parameters, what they mean to people, and what it makes of those it names.

A verb is declared once, as a class: Python's methods, the keys of scenario files and HTTP, and the flags and help of
the command line are all made from it. Times are seconds, or texts like ``80ms``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

from lictor_actors.faults.writing import Aim, Writing
from lictor_messages.durations import duration_ns

VERBS: dict[str, type[Verb]] = {}
"""Every verb by its name, in the order of the documentation."""
LONGEST_S = 3.2e9
TARGETS = ("groups", "nodes", "node", "sources", "targets")
"""Parameters that say which nodes the fault is for."""


def names(value: Any) -> Any:
    """One text is a list of one."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else value


def _selectors(value: Any) -> Any:
    found = names(value)
    if not isinstance(found, tuple) or not found or not all(isinstance(name, str) for name in found):
        raise ValueError(f"whom? Name nodes, like leader or agent-*, one or a list of them, not {value!r}")
    return found


def in_seconds(value: Any) -> Any:
    """``80ms`` → 0.08; a number is seconds already. Raises ValueError."""
    if isinstance(value, bool):
        raise ValueError(f"a time is not {str(value).lower()}: write it like 80ms, or as seconds")
    if not isinstance(value, str):
        return value
    try:
        return duration_ns(value) / 1e9
    except ValueError as error:
        raise ValueError(f"{error}, not like 80ms or 1m30s, and no number of seconds") from None


def _finite(value: float) -> float:
    if not abs(value) <= LONGEST_S:
        raise ValueError(f"a time is not longer than {LONGEST_S:g} s, a hundred years")
    return value


def _share(value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"a probability lies between 0 and 1, not {value:g}")
    return value


def _not_negative(value: float) -> float:
    if value < 0:
        raise ValueError("a time cannot be negative")
    return value


def written_as(name: str, field: FieldInfo) -> str:
    """``latency_s`` is ``latency`` to a person."""
    return field.alias or name.removesuffix("_s")


Who = Annotated[tuple[str, ...], BeforeValidator(_selectors)]
"""Selectors: see ``selectors``."""
Share = Annotated[float, AfterValidator(_share)]
Moment = Annotated[float, BeforeValidator(in_seconds), AfterValidator(_finite)]
"""Seconds of either sign."""
Span = Annotated[Moment, AfterValidator(_not_negative)]
"""Seconds."""


class Verb(BaseModel):
    """A fault that is wanted and not yet in force: selectors are still unresolved.

    A class whose name ends in ``Verb`` is no verb itself, only what several have in common.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: ClassVar[str] = ""
    lasts: ClassVar[bool] = True
    """False for what is over as soon as it is done."""
    example: ClassVar[str] = ""
    """Its arguments on the command line."""
    not_alone: ClassVar[str] = ""
    """Why a single agent cannot do it to itself; "" if it can."""
    duration_s: Annotated[
        Span | None, Field(alias="duration", description="Heal by itself after this time, like 10s.")
    ] = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.duration_s is not None and not self.lasts:
            raise ValueError(f"{self.name} is not something that lasts: leave duration out")
        return self

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__name__.endswith("Verb"):
            cls.name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
            VERBS[cls.name] = cls

    def written(self, aim: Aim) -> Writing:
        """What the verb means for the nodes there are. Raises LookupError, ValueError."""
        raise NotImplementedError

    @property
    def options(self) -> str:
        """What was said beyond the nodes it is for, as a line of the log ends."""
        said = self.model_dump(exclude_defaults=True, exclude=set(TARGETS))
        fields = type(self).model_fields
        return "".join(
            f" {written_as(name, fields[name])}={_plain(name, said[name])}" for name in fields if name in said
        )


def _plain(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    unit = "s" if name.endswith("_s") and name != "bytes_per_s" else ""
    return f"{value:g}{unit}" if isinstance(value, float) else str(value).lower()
