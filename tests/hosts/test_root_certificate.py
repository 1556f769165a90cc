"""The root of a service mesh, read by cryptography again: what clients check is so."""

from __future__ import annotations

import hashlib
import uuid

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from lictor_actors.hosts.live.jobs import Jobs
from lictor_messages.base import Message
from lictor_messages.connect_ca import MakeRoot, Root, RootMade

CLUSTER = "11111111-2222-3333-4444-555555555555"


async def made(cluster_id: str) -> Root:
    jobs, done = Jobs(), list[Message]()
    jobs.run(MakeRoot(ticket="t", cluster_id=cluster_id), done.append)
    [task] = jobs._tasks
    await task
    [result] = done
    assert isinstance(result, RootMade)
    assert result.ticket == "t"
    return result.root


async def test_it_signs_itself_and_is_what_the_root_says_of_it() -> None:
    root = await made(CLUSTER)
    certificate = x509.load_pem_x509_certificate(root.root_cert.encode())
    certificate.verify_directly_issued_by(certificate)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert (key.curve.name, key.key_size) == ("secp256r1", root.private_key_bits)
    assert certificate.serial_number == root.serial_number < 2**63
    assert hashlib.sha1(certificate.public_bytes(Encoding.DER)).digest() == bytes.fromhex(root.id.replace(":", ""))
    assert f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}" == root.not_before
    assert f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}" == root.not_after
    of = certificate.extensions.get_extension_for_class
    assert of(x509.BasicConstraints).value.ca
    assert of(x509.SubjectKeyIdentifier).value.digest == bytes.fromhex(root.signing_key_id.replace(":", ""))
    [domain] = of(x509.SubjectAlternativeName).value
    assert domain == x509.UniformResourceIdentifier(f"spiffe://{CLUSTER}.consul")


async def test_without_a_trust_domain_each_has_its_own() -> None:
    first, second = await made(""), await made("")
    assert uuid.UUID(first.external_trust_domain) != uuid.UUID(second.external_trust_domain)
    assert first.id != second.id
