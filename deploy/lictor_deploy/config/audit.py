"""``audit`` of an agent's configuration: Consul Enterprise's stanza."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from lictor_deploy.config.kinds import Count, Duration, FilesKept
from lictor_deploy.config.log import DAY_NS
from lictor_deploy.config.option import Section, Word, option

LACKING = {"mode": "its files are always their owner's alone, 0600"}
"""Keys of a sink that Consul has."""


def by_name(given: Any) -> Any:
    """HCL makes a list of several blocks ``sink "NAME" { … }``."""
    if not (isinstance(given, list) and all(isinstance(one, dict) for one in given)):
        return given
    return {name: sink for one in given for name, sink in one.items()}


class AuditSink(Section):
    """Where lines go."""

    type: Literal["file"] = "file"
    format: Literal["json"] = "json"
    path: str = ""
    delivery_guarantee: Literal["best-effort"] = "best-effort"
    rotate_duration: Duration = DAY_NS
    rotate_bytes: Count = 0
    rotate_max_files: FilesKept = 0

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        for key in LACKING.keys() & given if isinstance(given, dict) else ():
            raise ValueError(f"{{key}}: Consul has {key}, Lictor not yet: {LACKING[key]}. Remove it.")
        return given


Sinks = Annotated[dict[str, AuditSink], BeforeValidator(by_name), Word("object"), Field(validate_default=False)]


class AuditSection(Section):
    """Who asked what."""

    enabled: bool = option("Write a line for each request over HTTP and of client actors.", default=False)
    sink: Sinks = option(
        'Where to: `sink "NAME" { type = "file", format = "json", path = "…" }`, with rotate_bytes, rotate_duration '
        "and rotate_max_files as the log has them.",
        default={},
    )
