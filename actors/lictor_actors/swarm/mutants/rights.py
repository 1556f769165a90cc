"""Bugs of what tokens may see."""

from __future__ import annotations

from lictor_actors.roles.doorway.question import EVERYTHING
from lictor_actors.roles.gateway.gateway import Gateway
from lictor_actors.roles.server import reads
from lictor_actors.store.acl.authorizer import Authorizer
from lictor_actors.store.families.every import FAMILIES
from lictor_actors.swarm.patch import Patch
from lictor_messages.kv import Entries


def tells_all_what_was_rendered_for_one(patch: Patch) -> None:
    """A server keeps what it has rendered without the rights that it was rendered for."""
    patch.set(reads, "_rights", lambda sight: "")


def joins_all_who_ask_the_same(patch: Patch) -> None:
    """A gateway takes questions for the same whose askers have unlike rights."""
    patch.set(Gateway, "rights", lambda self, asked: EVERYTHING)


def hides_no_keys(patch: Patch) -> None:
    """A list of keys is told whole."""
    patch.set(FAMILIES, "hides", {kind: hide for kind, hide in FAMILIES.hides.items() if kind is not Entries})


def denies_names_and_no_prefixes(patch: Patch) -> None:
    """A rule for the very name is overlooked."""
    allows = Authorizer.allows
    patch.set(Authorizer, "allows", lambda self, resource, level, name="": allows(self, resource, level, name + "x"))
