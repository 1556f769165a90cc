"""Structs of Consul's JSON: each is derived from the record that says its fields, and is read and written by that.

Names are taken in any case and unknown ones refused, as Go does; what is read are the fields that were given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar

from lictor_actors.consul.decode import BadBody, Decode, mismatch, parse_json, shortened
from lictor_actors.consul.kinds import Kind, Parts, Schema, as_it_is, kind_of
from lictor_actors.consul.rows import Field, JsonRow, arranged, compiled
from lictor_actors.consul.selectors import Selector
from lictor_messages.base import Record
from lictor_messages.json_names import Json

R = TypeVar("R", bound=Record)


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
        ``two_words`` is taken for ``TwoWords``. ``zeros``: what is not given is zero, not the record's default.
        """
        self.name = name
        self.record_type = record
        own = _fields_of(record, parts, renamed or {}) if fields is None else fields
        self.fields = tuple(field for field in own if field.name not in without)
        self.written = arranged((*self.fields, *also_written))
        self.kinds = {field.name: field.kind for field in self.fields} | dict(also_read or {})
        """Every name that is read."""
        self._reads = {spelt: self._read(name) for name in self.kinds for spelt in _spellings(name, snake)}
        plain = [field for field in self.fields if field.kind.kept is as_it_is]
        self._plain = {field.name: field.path for field in plain}
        self._made = {field.name: (field.path, field.kind.kept) for field in self.fields if field not in plain}
        self._first_of = tuple((first_of or {}).items())
        self._zeros = zeros

    def _read(self, name: str) -> tuple[str, Decode, str]:
        return name, self.kinds[name].read, f"{self.name}.{name}"

    # -- reading -------------------------------------------------------------

    def decoded(self, body: bytes) -> dict[str, Any]:
        """The first JSON value of ``body``; what follows it is ignored, as Go does. Raises BadBody."""
        return self(parse_json(body), "")

    def __call__(self, value: Any, where: str) -> dict[str, Any]:
        """The fields that were given, under their Go names; null gives nothing. Raises BadBody."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise mismatch(value, where, self.name)
        given: dict[str, Any] = {}
        for key, item in value.items():
            known = self._reads.get(key.lower())
            if known is None:
                raise BadBody(f'json: unknown field "{shortened(key)}"')
            if item is not None:
                name, read, place = known
                given[name] = read(item, place)
        return given

    def record(self, given: Mapping[str, Any], **settled: Any) -> R:
        """The record of what was read; ``settled`` are attributes that are known otherwise."""
        values = self._not_given.copy()
        for name, value in given.items():
            attribute = self._plain.get(name)
            if attribute is not None:
                values[attribute] = value
            elif value and name in self._made:  # an empty object says as little as none
                attribute, kept = self._made[name]
                values[attribute] = kept(value)
        for name, names in self._first_of:
            values[self._plain[name]] = next(
                (given[other] for other in names if given.get(other)), self.kinds[name].zero
            )
        values.update(settled)
        return self.record_type(**values)

    def shown(self, row: Mapping[str, Any], **settled: Any) -> R:
        """The record of a row of an answer; ``settled`` as in ``record``. Raises BadBody.

        Names that are not known here are passed over: a later Consul may say more.
        """
        values = self._not_given.copy()
        for name, value in row.items():
            field = self._by_name.get(name)
            if field is not None and value is not None:
                values[field.path] = field.kind.told(value, f"{self.name}.{name}")
        values.update(settled)
        return self.record_type(**values)

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def _not_given(self) -> dict[str, Any]:
        """Attributes that are zero unless they are given: those without a default, or all."""
        known = self.record_type.model_fields
        return {field.path: field.kind.zero for field in self.fields if self._zeros or known[field.path].is_required()}

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

    @cached_property
    def schema(self) -> Schema:
        """JSON Schema, with OpenAPI's words for what is only read (``writeOnly``) or only written (``readOnly``)."""
        shown = {field.name: _or_null(field) for field in self.written}
        taken = {name: kind.schema for name, kind in self.kinds.items()}
        properties = {
            **shown,
            **{name: {**schema, "writeOnly": True} for name, schema in taken.items() if name not in shown},
            **{name: {**schema, "readOnly": True} for name, schema in shown.items() if name not in taken},
        }
        return {"title": self.name, "type": "object", "properties": properties, "additionalProperties": False}


def _fields_of(record: type[Record], parts: Iterable[Parts], renamed: Mapping[str, str]) -> Iterator[Field]:
    """The fields that the record names in JSON, under the names that this struct has for them."""
    kinds = {key: kind for part in parts for key, kind in part.items()}
    for attribute, info in record.model_fields.items():
        for said in info.metadata:
            if isinstance(said, Json):
                kind = kind_of(said.kind, info.annotation, kinds)
                name, before = (renamed.get(known, known) for known in (said.name, said.before))
                yield Field(name, attribute, kind, said.empty, before, said.selectable)


def _or_null(field: Field) -> Schema:
    schema = field.kind.schema
    return {"anyOf": [schema, {"type": "null"}]} if field.empty == "null" else schema


def _spellings(name: str, snake: bool) -> Iterator[str]:
    """Lower case, and with ``snake`` also ``tls_skip_verify`` of ``TLSSkipVerify``.

    What follows a digit may begin a word or not: ``h2_ping_use_tls`` and ``h2ping_use_tls``.
    """
    yield name.lower()
    if snake:
        for small in ("a-z0-9", "a-z"):
            yield re.sub(rf"(?<=[{small}])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
