"""A root of a service mesh, as tests take it."""

from __future__ import annotations

from lictor_messages.connect_ca import Root

ROOT = Root(
    id="aa:bb",
    name="Consul CA Primary Cert",
    serial_number=2**63 - 1,
    signing_key_id="cc:dd",
    external_trust_domain="11111111-2222-3333-4444-555555555555",
    not_before="2026-01-01T00:00:00Z",
    not_after="2036-01-01T00:00:00Z",
    root_cert="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
)
