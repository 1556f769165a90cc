"""Structs of Consul's JSON: each is derived from the record that says its fields, and is read and written by that.

Names are taken in any case and unknown ones refused, as Go does; what is read are the fields that were given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar

from lictor_actors.consul.decode import BadBody, list_of, map_of, mismatch, parse_json, shortened
from lictor_actors.consul.kinds import VALUE, Kind, Parts, kind_of, rows_of
from lictor_actors.consul.rows import Field, JsonRow, arranged, compiled
from lictor_actors.consul.selectors import ANY, Selector
from lictor_messages.base import Record
from lictor_messages.json_names import Json

R = TypeVar("R", bound=Record)


def fields_of(record: type[Record], parts: Parts) -> Iterator[Field]:
    """The fields that the record names in JSON."""
    for attribute, info in record.model_fields.items():
        for said in info.metadata:
            if isinstance(said, Json):
                kind = kind_of(said.kind, info.annotation, parts)
                yield Field(said.name, attribute, kind, said.empty, said.before, said.selectable)


class Struct(Generic[R]):
    """One struct, under its name in error texts."""

    def __init__(
        self,
        name: str,
        record: type[R],
        parts: Iterable[Parts] = (),
        *,
        fields: Iterable[Field] | None = None,
        renamed: Mapping[str, str] | None = None,
        without: Iterable[str] = (),
        also_read: Mapping[str, Kind] | None = None,
        also_written: Iterable[Field] = (),
        first_of: Mapping[str, tuple[str, ...]] | None = None,
        snake: bool = False,
        zeros: bool = False,
    ) -> None:
        """Say where it departs from ``record``.

        ``renamed`` are other names in this struct, ``without`` names that it does not have, ``also_read`` names that
        are no field of the record. ``first_of``: a field is the first of these names that is not empty. ``snake``:
        ``two_words`` is taken for ``TwoWords``. ``zeros``: what is not given is zero, whatever the record's default."""
        self.name = name
        self.record_type = record
        own = fields_of(record, {key: kind for part in parts for key, kind in part.items()})
        kept = [field for field in own if field.name not in without] if fields is None else fields
        names = dict(renamed or {})
        self.fields = tuple(
            replace(field, name=names.get(field.name, field.name), before=names.get(field.before, field.before))
            for field in kept
        )
        self.written = arranged((*self.fields, *also_written))
        self.kinds = {field.name: field.kind for field in self.fields} | dict(also_read or {})
        """Every name that is read."""
        self._first_of = first_of or {}
        known = record.model_fields
        self._zeroed = {path for path in known if zeros or known[path].is_required()}
        self._names = {name.lower(): name for name in self.kinds}
        if snake:
            self._names |= {_snake(name): name for name in self.kinds}

    # -- reading -------------------------------------------------------------

    def decoded(self, body: bytes) -> dict[str, Any]:
        """The first JSON value of ``body``; what follows it is ignored, as Go does. Raises BadBody."""
        return self(parse_json(body), "")

    def __call__(self, value: Any, where: str) -> dict[str, Any]:
        """The fields that were given, under their Go names; raises BadBody."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise mismatch(value, where, self.name)
        given: dict[str, Any] = {}
        for key, item in value.items():
            name = self._names.get(key.lower())
            if name is None:
                raise BadBody(f'json: unknown field "{shortened(key)}"')
            given[name] = self.kinds[name].read(item, f"{self.name}.{name}")
        return given

    def record(self, given: Mapping[str, Any], **settled: Any) -> R:
        """The record of what was read; ``settled`` are attributes that are known otherwise."""
        for field in self.fields:
            if field.path not in settled:
                names = self._first_of.get(field.name, (field.name,))
                value = next((given[name] for name in names if given.get(name)), given.get(field.name))
                if value is not None and value != {}:
                    settled[field.path] = field.kind.kept(value)
                elif field.path in self._zeroed:
                    settled[field.path] = field.kind.zero
        return self.record_type(**settled)

    # -- writing -------------------------------------------------------------

    @cached_property
    def row(self) -> Callable[[R], JsonRow]:
        """From a record to its row."""
        all_omitted = all(field.empty == "omitted" for field in self.written)
        has_empty = all_omitted and not any(info.is_required() for info in self.record_type.model_fields.values())
        return compiled(self.name, self.written, self.record_type() if has_empty else None)

    @property
    def selectors(self) -> dict[str, Selector]:
        """What a filter can name in a row."""
        return {
            field.name: field.kind.selector
            for field in self.written
            if field.selectable and field.kind.selector is not None
        }

    # -- as a part of other structs ------------------------------------------

    @property
    def kind(self) -> Kind:
        """A field that holds such a struct."""
        written = f"{self.name}_row"
        return replace(
            self.read_only,
            selector=self.selectors,
            written=f"{written}({VALUE})",
            names={written: self.row},
            kept=self.record,
        )

    @property
    def read_only(self) -> Kind:
        """A field of a body that becomes a record in another way than as a part of its own."""
        return Kind(self, {"$ref": f"#/components/schemas/{self.name}"})

    def list_read_only(self, go_type: str) -> Kind:
        """The same with several."""
        return Kind(list_of(self, go_type), {"type": "array", "items": self.read_only.schema})

    @property
    def pointer(self) -> Parts:
        """The kind of a field that may be absent: null is as good as that, while an empty object is there."""
        kind = Kind(lambda value, where: None if value is None else self(value, where), self.read_only.schema)
        return {self.record_type: kind}

    @property
    def part(self) -> Parts:
        """The kinds of fields that hold one, or several."""
        return rows_of(self.kind, self.record_type)

    def map_by(self, attribute: str, go_type: str) -> Parts:
        """The kind of a field that holds several, which are a map in JSON: its keys are this attribute of each."""
        one, key = self.kind, attrgetter(attribute)
        made = one.written.replace(VALUE, "one")

        def kept(given: Mapping[str, Any]) -> tuple[R, ...]:
            return tuple(self.record(each, **{attribute: name}) for name, each in sorted(given.items()))

        kind = Kind(
            map_of(self, go_type),
            {"type": "object", "additionalProperties": one.schema},
            {ANY: one.selector},
            f"{{one.{attribute}: {made} for one in sorted(VALUE, key=by_{attribute})}}",
            {**one.names, f"by_{attribute}": key},
            kept,
        )
        return {tuple[self.record_type, ...]: kind}  # type: ignore[name-defined]


def _snake(name: str) -> str:
    """``TLSSkipVerify`` → ``tls_skip_verify``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
