"""The certificate authority of the service mesh: the root that its members trust.

gateway > server    ListRoots
server > host       MakeRoot
"""

from __future__ import annotations

from typing import Annotated

from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, Message, Record
from lictor_messages.json_names import Json


class Root(Record):
    """A root certificate. Its key is not kept: no certificate is signed by it yet."""

    id: Annotated[str, Json("ID")]
    """SHA-1 of the certificate, in pairs of hexadecimal digits."""
    name: Annotated[str, Json("Name")]
    serial_number: Annotated[int, Json("SerialNumber", "unsigned")]
    signing_key_id: Annotated[str, Json("SigningKeyID")]
    external_trust_domain: Annotated[str, Json("ExternalTrustDomain")]
    """UUID of the cluster, the beginning of its trust domain."""
    not_before: Annotated[str, Json("NotBefore")]
    """RFC 3339, like the next."""
    not_after: Annotated[str, Json("NotAfter")]
    root_cert: Annotated[str, Json("RootCert")]
    """PEM."""
    intermediate_certs: Annotated[tuple[str, ...], Json("IntermediateCerts", empty="null")] = ()
    active: Annotated[bool, Json("Active")] = True
    private_key_type: Annotated[str, Json("PrivateKeyType")] = "ec"
    private_key_bits: Annotated[int, Json("PrivateKeyBits")] = 256
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class SetRoot(Command, kind="connect_ca.set_root", on=WIRE | STORED):
    """The leader's own: the cluster's root, unless it has one."""

    root: Root


class ListRoots(Query, kind="connect_ca.list_roots", on=WIRE):
    """/v1/connect/ca/roots; answered by Roots."""


class Roots(Answer, kind="connect_ca.roots", on=WIRE):
    """The root, or none before the first was made."""

    roots: tuple[Root, ...]


class MakeRoot(Message):
    """A leader's job: make a key and a certificate that signs itself; answered by RootMade."""

    ticket: str
    cluster_id: str
    """UUID of the trust domain, "" for one at random."""


class RootMade(Message):
    """What was made."""

    ticket: str
    root: Root
