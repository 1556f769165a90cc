"""Consul's metrics of what its state machine is given: by what each command of the log writes, and how."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_messages import acl, catalog, kv, queries, sessions, txn
from lictor_messages.answers import Command
from lictor_messages.autopilot import SetAutopilotConfiguration
from lictor_messages.connect_ca import SetRoot
from lictor_messages.coordinates import PutCoordinates

FSM: Mapping[type[Command], str] = {
    catalog.Register: "fsm.register",
    catalog.Deregister: "fsm.deregister",
    kv.ReapTombstones: "fsm.tombstone;op=reap",
    sessions.CreateSession: "fsm.session;op=create",
    sessions.DestroySession: "fsm.session;op=destroy",
    txn.Transact: "fsm.txn",
    queries.CreatePreparedQuery: "fsm.prepared-query;op=create",
    queries.UpdatePreparedQuery: "fsm.prepared-query;op=update",
    queries.DeletePreparedQuery: "fsm.prepared-query;op=delete",
    SetAutopilotConfiguration: "fsm.autopilot",
    PutCoordinates: "fsm.coordinate.batch-update",
    SetRoot: "fsm.ca;op=set-roots",
    acl.BootstrapAcls: "fsm.acl.token;op=bootstrap",
    acl.PutAclToken: "fsm.acl.token;op=upsert",
    acl.DeleteAclToken: "fsm.acl.token;op=delete",
    acl.ReapAclTokens: "fsm.acl.token;op=delete",
    acl.PutAclPolicy: "fsm.acl.policy;op=upsert",
    acl.DeleteAclPolicy: "fsm.acl.policy;op=delete",
    acl.PutAclRole: "fsm.acl.role;op=upsert",
    acl.DeleteAclRole: "fsm.acl.role;op=delete",
}
"""Without the writes of keys, which differ in their fields."""
OTHER = "fsm.other"
"""Commands of which Consul has no metric."""


def fsm_metric(command: Command) -> str:
    """The metric of this command, with its label."""
    if type(command) is kv.PutKey:
        locking = "lock" if command.acquire is not None else "unlock" if command.release is not None else ""
        return f"fsm.kvs;op={locking or ('set' if command.cas is None else 'cas')}"
    if type(command) is kv.DeleteKey:
        how = "delete-tree" if command.recurse else "delete" if command.cas is None else "delete-cas"
        return f"fsm.kvs;op={how}"
    return FSM.get(type(command), OTHER)
