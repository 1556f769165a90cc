"""Sessions, which lock keys."""

from __future__ import annotations

from lictor_actors.consul.kinds import TEXTS
from lictor_actors.consul.struct import Struct
from lictor_messages.sessions import SessionRecord

SESSION = Struct("Session", SessionRecord)
NEW_SESSION = Struct(
    "Session", SessionRecord, without=("ID", "CreateIndex", "ModifyIndex"), also_read={"Checks": TEXTS}
)
