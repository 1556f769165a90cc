"""The certificate authority's roots."""

from __future__ import annotations

from lictor_actors.consul.struct import Struct
from lictor_messages.connect_ca import Root

ROOT = Struct("CARoot", Root)
