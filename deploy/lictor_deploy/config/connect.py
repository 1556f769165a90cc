"""The section about the service mesh, of which there is the root certificate alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import field_validator

from lictor_deploy.config.option import Section, option


class ConnectSection(Section):
    """Whether a cluster has a root, and whose it is."""

    enabled: bool = option(
        "Let the leader make the root certificate of a service mesh; no certificates of services are signed.",
        default=False,
        feeds="server.connect",
    )
    ca_config: dict[str, Any] = option(
        "`cluster_id` is the UUID of the trust domain; the rest is about certificates of services, and not in force.",
        default={},
    )

    @field_validator("ca_config")
    @classmethod
    def _is_of_a_uuid(cls, value: dict[str, Any]) -> dict[str, Any]:
        try:
            UUID(value.get("cluster_id") or str(UUID(int=0)))
        except (AttributeError, TypeError, ValueError):
            raise ValueError(f"connect.ca_config: cluster_id must be a UUID, not {value['cluster_id']!r}") from None
        return value

    @property
    def cluster_id(self) -> str:
        """The trust domain's UUID, "" if one is to be made."""
        return str(self.ca_config.get("cluster_id") or "")
