"""Questions as clients send them, and pieces that make them odd."""

from __future__ import annotations

import dns.edns
import dns.message

SUBNET = dns.edns.ECSOption("10.1.2.0", 24)
QUESTIONS = (
    ("web.service.consul", "A", {}),
    ("_web._v1.service.dc1.consul", "SRV", {"use_edns": 0, "payload": 1232}),
    ("n1.node.consul", "ANY", {"use_edns": 0, "payload": 4096, "options": [SUBNET]}),
    ("1.0.1.10.in-addr.arpa", "PTR", {}),
    ("consul", "SOA", {"use_edns": 0}),
    ("0a010001.addr.consul", "AAAA", {}),
    ("absent.service.dc9.consul", "TXT", {}),
    ("q.query.consul", "A", {}),
)
LEGAL = tuple(dns.message.make_query(name, type_, id=7, **how).to_wire() for name, type_, how in QUESTIONS)
ODD = (
    *(bytes([number]) for number in (0, 1, 2, 12, 41, 63, 64, 127, 128, 192, 255)),
    *(b"\xc0\x0c", b"\xc0\x0d", b"\xff\xff", b"\xc0\xff", b"\x3f" + b"x" * 63, b"\0\0\x29", b"\0\xfc\0\1", b"\0\x08"),
    *(b"\x07service\x06consul\0", b"\x00", bytes(512), b"\x01\\", b"\x01.", b"\xc3\x28", b"\1\x80"),
)
