"""Consul's metrics of writes: from a client's proposal to its answer, by what is written."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_messages import acl, auth_methods
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
    **dict.fromkeys(
        (
            acl.BootstrapAcls,
            acl.PutAclToken,
            acl.DeleteAclToken,
            acl.PutAclPolicy,
            acl.DeleteAclPolicy,
            acl.PutAclRole,
            acl.DeleteAclRole,
            auth_methods.PutAuthMethod,
            auth_methods.DeleteAuthMethod,
            auth_methods.PutBindingRule,
            auth_methods.DeleteBindingRule,
            auth_methods.BindLogin,
        ),
        "acl.apply",
    ),
}
"""Writes that have no name here are not timed."""
