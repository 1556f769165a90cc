"""The members of the datacenter's gossip pool, as this server's prober tells of them; every server follows them."""

from __future__ import annotations

from lictor_messages.members import Member, MemberEvent, MemberReaped, Members


class LanMembers(dict[str, Member]):
    """Member by node. One that gossip has forgotten stays, as one that left."""

    def listed(self, listed: Members) -> None:
        """The prober's whole view."""
        self.clear()
        self.update({member.node: member for member in listed.members})

    def changed(self, event: MemberEvent) -> None:
        """A member came, went or changed; one that was reaped has left as far as the catalog is concerned."""
        member = event.member
        reaped = isinstance(event, MemberReaped)
        self[member.node] = member.model_copy(update={"status": "left"}) if reaped else member
