"""Consul's metrics of writes: from a client's proposal to its answer, by what is written."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_messages.answers import Command
from lictor_messages.catalog import Deregister, Register
from lictor_messages.kv import DeleteKey, PutKey
from lictor_messages.queries import CreatePreparedQuery, DeletePreparedQuery, UpdatePreparedQuery
from lictor_messages.sessions import CreateSession, DestroySession
from lictor_messages.txn import Transact

APPLY_TIMES: Mapping[type[Command], str] = {
    PutKey: "kvs.apply",
    DeleteKey: "kvs.apply",
    Transact: "txn.apply",
    CreateSession: "session.apply",
    DestroySession: "session.apply",
    Register: "catalog.register",
    Deregister: "catalog.deregister",
    CreatePreparedQuery: "prepared-query.apply",
    UpdatePreparedQuery: "prepared-query.apply",
    DeletePreparedQuery: "prepared-query.apply",
}
"""Writes that have no name here are not timed."""
