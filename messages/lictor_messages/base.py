"""The root of every message: frozen through and through, named by kind, found in one registry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

KINDS: dict[str, type[Message]] = {}
"""Every kind that may travel, by its wire name (``raft.append_entries``)."""


class FrozenMap(dict[str, Any]):
    """A mapping that refuses every change; it stays a ``dict`` so that the codec packs it without a copy."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a message is frozen: build a new one with model_copy(update=…)")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))

    def __copy__(self) -> FrozenMap:
        return self

    def __deepcopy__(self, _memo: object) -> FrozenMap:
        return self

    def __reduce__(self) -> tuple[type[FrozenMap], tuple[dict[str, Any]]]:
        return FrozenMap, (dict(self),)


ReadOnly = Annotated[Mapping[str, str], AfterValidator(FrozenMap)]
"""A read-only mapping of strings, for tags and meta data."""


class Record(BaseModel):
    """A frozen value that travels inside messages. Fields hold scalars, bytes, tuples, records, ReadOnly."""

    model_config = ConfigDict(frozen=True, extra="ignore")


R = TypeVar("R", bound=Record)


class Message(Record):
    """Something that may be said. Its kind is ``module.snake_name`` and is registered when it is defined."""

    kind: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__name__.startswith("_"):  # an abstract root such as _Query never travels itself
            return
        cls.kind = wire_name(cls.__module__, cls.__name__)
        known = KINDS.setdefault(cls.kind, cls)
        if known is not cls and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"two messages share the kind {cls.kind}: {known!r} and {cls!r}")
        KINDS[cls.kind] = cls


def read(kind: type[R], fields: object) -> R:
    """Fields as they came over a wire or from a log, checked; raises ValidationError.

    The same as ``model_validate``, which takes 0.3 to 0.7 µs more, because it looks at its own options first.
    """
    record: R = kind.__pydantic_validator__.validate_python(fields)
    return record


def wire_name(module: str, name: str) -> str:
    """``lictor_messages.raft``, ``AppendEntries`` → ``raft.append_entries``."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"{module.rpartition('.')[2]}.{snake}"
