"""A step of a plan: when, how often, for how long, and which faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lictor_actors.faults.preset_plans import PRESET_PLANS
from lictor_actors.faults.vocabulary import VERBS, Span, Verb, written_as

TIMES = ("at", "every", "until", "for", "quiet", "preset")


class Problem(ValueError):
    """Something in a plan makes no sense. ``where`` are the keys that lead to it; people count from one."""

    def __init__(self, where: tuple[str | int, ...], text: str) -> None:
        named = ".".join(str(part + 1) if isinstance(part, int) else part for part in where)
        super().__init__(f"{named}: {text}" if where else text)
        self.where = where
        self.text = text


class Step(BaseModel):
    """Faults that strike together at ``at``, and again ``every`` so often ``until`` then; each lasts ``for``."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid")

    at_s: Span = Field(0.0, alias="at")
    every_s: Span | None = Field(None, alias="every", gt=0)
    until_s: Span | None = Field(None, alias="until")
    for_s: Span | None = Field(None, alias="for")
    quiet_s: Span | None = Field(None, alias="quiet")
    """Heal everything, and let no step strike for so long."""
    faults: tuple[Verb, ...] = ()

    @property
    def begins_s(self) -> float:
        """When it strikes first."""
        return self.at_s if self.at_s or self.every_s is None else self.every_s

    @property
    def ends_s(self) -> float:
        """When the last of it is over, as far as that is known."""
        last = self.begins_s if self.every_s is None else max(self.begins_s, self.until_s or 0.0)
        return last + max([self.for_s or self.quiet_s or 0.0, *(fault.duration_s or 0.0 for fault in self.faults)])

    def table(self) -> dict[str, Any]:
        """The step as a scenario file has it, for the control socket."""
        times = {
            "at": self.at_s,
            "every": self.every_s,
            "until": self.until_s,
            "for": self.for_s,
            "quiet": self.quiet_s,
        }
        told: dict[str, Any] = {name: value for name, value in times.items() if value is not None}
        for fault in self.faults:
            told.setdefault(fault.name, []).append(fault.model_dump(mode="json", exclude_defaults=True))
        return told

    def shifted(self, by_s: float, until_s: float | None) -> Step:
        """The same step later, and over by ``until_s``."""
        if until_s is None:
            return self.model_copy(update={"at_s": self.begins_s + by_s, "until_s": _plus(self.until_s, by_s)})
        at, lasts = self.begins_s + by_s, max(until_s - self.begins_s - by_s, 0.0)
        ends = until_s if self.until_s is None else min(until_s, self.until_s + by_s)
        return self.model_copy(
            update={"at_s": at, "until_s": ends, "for_s": lasts if self.for_s is None else min(lasts, self.for_s)}
        )


def read_steps(tables: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The steps of a plan; a preset stands for several. Raises Problem."""
    steps: list[Step] = []
    for number, table in enumerate(tables):
        try:
            steps += read_step(table)
        except Problem as problem:
            raise Problem((number, *problem.where), problem.text) from None
    return steps


def read_step(table: Mapping[str, Any]) -> list[Step]:
    """One table ``{at, every, until, for, VERB = {…}, …}``. Raises Problem."""
    if not isinstance(table, Mapping):
        raise Problem((), f"a step is a table like {{at, for, VERB}}, not {table!r}")
    refuse_unknown(table, (*TIMES, *VERBS), "a step")
    step = _timed(table)
    faults = [fault for key, value in table.items() if key in VERBS for fault in _verbs(key, value)]
    if not faults and "preset" not in table and step.quiet_s is None:
        raise Problem(
            (), f"the step does nothing: add a fault such as {', '.join(list(VERBS)[:4])} …, a preset, or quiet"
        )
    steps = [step.model_copy(update={"faults": tuple(faults)})] if faults or step.quiet_s is not None else []
    if "preset" in table:
        steps += _preset(table["preset"], step)
    return steps


def _timed(table: Mapping[str, Any]) -> Step:
    try:
        step = Step.model_validate({key: table[key] for key in TIMES if key in table and key != "preset"})
    except ValidationError as error:
        raise problem_of(error, Step) from None
    if step.until_s is not None and step.every_s is None and "preset" not in table:
        raise Problem(("until",), "until says when a repeated step ends: add every, or write for instead")
    return step


def _verbs(name: str, value: Any) -> list[Verb]:
    """One table of parameters, several in an array, or just the nodes: ``isolate = "leader"``."""
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return [fault for one in value for fault in _verbs(name, one)]
    if isinstance(value, str) and "nodes" in VERBS[name].model_fields:
        value = {"nodes": value}
    if not isinstance(value, Mapping):
        raise Problem((name,), f"{name} takes a table of parameters, such as {name} = {{ {_first(VERBS[name])} }}")
    try:
        return [VERBS[name].model_validate(value)]
    except ValidationError as error:
        problem = problem_of(error, VERBS[name])
        raise Problem((name, *problem.where), problem.text) from None


def _preset(name: Any, step: Step) -> list[Step]:
    if name not in PRESET_PLANS:
        raise Problem(("preset",), unknown(str(name), tuple(PRESET_PLANS), "the list of presets"))
    until = step.until_s if step.for_s is None else step.at_s + step.for_s
    return [one.shifted(step.at_s, until) for one in read_steps(PRESET_PLANS[name].steps)]


def refuse_unknown(keys: Iterable[str], known: Iterable[str], where: str) -> None:
    """Raises Problem for the first of the keys that is not known."""
    names = tuple(known)
    for key in keys:
        if key not in names:
            raise Problem((key,), unknown(key, names, where))


def unknown(key: str, known: Iterable[str], where: str) -> str:
    """There is no such key; perhaps another was meant."""
    from difflib import get_close_matches

    names = list(known)
    near = get_close_matches(key, names, 1)
    return f"there is no {key!r} in {where}{f': did you mean {near[0]!r}?' if near else ''} ({', '.join(names)})"


def problem_of(error: ValidationError, model: type[BaseModel]) -> Problem:
    """The first thing that pydantic found, with its remedy."""
    # An unknown key is more often the cause than the one that is missing because of it.
    first = min(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    where = tuple(_as_written(model, key) for key in first["loc"])
    match first["type"]:
        case "extra_forbidden":
            text = unknown(str(where[-1]), names_of(_model_at(model, where[:-1])), "this table")
        case "missing":
            text = f"{where[-1]} is missing"
        case _:
            text = f"{first['msg'].removeprefix('Value error, ')}, not {first['input']!r}"
            if "not" in first["msg"] and first["type"] == "value_error":
                text = first["msg"].removeprefix("Value error, ")
    return Problem(where, text)


def names_of(model: type[BaseModel]) -> list[str]:
    """The keys of a table as a person writes them."""
    return [written_as(name, field) for name, field in model.model_fields.items()]


def _as_written(model: type[BaseModel], key: str | int) -> str | int:
    field = model.model_fields.get(str(key))
    return key if field is None else written_as(str(key), field)


def _model_at(model: type[BaseModel], where: tuple[str | int, ...]) -> type[BaseModel]:
    for key in where:
        for name, field in model.model_fields.items():
            if key in (name, field.alias):
                inner = [
                    one for one in (field.annotation, *getattr(field.annotation, "__args__", ())) if _is_model(one)
                ]
                model = inner[0] if inner else model
    return model


def _is_model(one: object) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)


def _first(model: type[BaseModel]) -> str:
    return (
        f"{next(name for name in names_of(model) if name not in ('duration', 'match', 'probability', 'direction'))} = …"
    )


def _plus(time: float | None, by: float) -> float | None:
    return None if time is None else time + by
