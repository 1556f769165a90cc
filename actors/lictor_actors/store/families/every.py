"""Every family of the store, in the order in which their tables are made: one stands on those before it."""

from __future__ import annotations

from typing import Any

from lictor_actors.store.families.acl.family import ACL
from lictor_actors.store.families.auth_methods.family import AUTH_METHODS
from lictor_actors.store.families.autopilot import AUTOPILOT
from lictor_actors.store.families.catalog.family import CATALOG
from lictor_actors.store.families.connect_ca import CONNECT_CA
from lictor_actors.store.families.coordinates import COORDINATES
from lictor_actors.store.families.kv.family import KV
from lictor_actors.store.families.queries.family import QUERIES
from lictor_actors.store.families.sessions.family import SESSIONS
from lictor_actors.store.family import Family
from lictor_actors.store.fold import Families
from lictor_actors.store.snapshot.family import RESTORES
from lictor_actors.store.txn.family import transactions

DATA: tuple[Family[Any], ...] = (
    KV,
    CATALOG,
    SESSIONS,
    QUERIES,
    COORDINATES,
    AUTOPILOT,
    CONNECT_CA,
    ACL,
    AUTH_METHODS,
)
FAMILIES = Families((*DATA, transactions(Families(DATA).verbs), RESTORES))
