"""DNS's wire format: what is no question, what fits, and that dnspython reads what comes out."""

from __future__ import annotations

import struct

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.roles.dns.wire import names
from lictor_actors.roles.dns.wire import question as q
from lictor_actors.roles.dns.wire.answer import Manner, error, splice, tail_of
from lictor_actors.roles.dns.wire.names import Malformed, from_text, labels_of, wire_name
from lictor_actors.roles.dns.wire.question import Dropped, read_question
from lictor_actors.roles.dns.wire.records import Reply, address_record, srv, txt

NAME = from_text("web.service.consul")
LABEL = st.binary(min_size=1, max_size=63)
NAMES = st.lists(LABEL, max_size=8).filter(lambda labels: sum(map(len, labels)) + len(labels) < 255)


def question(name="web.service.consul", type_="A", **how):
    return read_question(dns.message.make_query(name, type_, **how).to_wire())


# -- questions ---------------------------------------------------------------------


def test_what_deserves_no_answer_is_dropped():
    answer = dns.message.make_response(dns.message.make_query("x.", "A")).to_wire()
    for packet, why in ((b"", "short"), (b"x" * 11, "short"), (answer, "answer")):
        with pytest.raises(Dropped, match=why):
            read_question(packet)


OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
HEAD = b"\x12\x34\x01\0\0\1\0\0\0\0\0"
ASKED = NAME + b"\0\1\0\1"


def with_option(data: bytes) -> bytes:
    return HEAD + b"\1" + ASKED + OPT[:9] + struct.pack("!HHH", len(data) + 4, 8, len(data)) + data


@pytest.mark.parametrize(
    ("packet", "rcode"),
    [
        (b"\x12\x34\x01\0\0\0\0\0\0\0\0\0", q.FORMERR),
        (b"\x12\x34\x01\0\0\2\0\0\0\0\0\0" + ASKED * 2, q.FORMERR),
        (b"\x12\x34\x09\0\0\1\0\0\0\0\0\0" + ASKED, q.NOTIMP),
        (HEAD + b"\0" + ASKED[:-1], q.FORMERR),
        (HEAD + b"\0" + ASKED + b"x", q.FORMERR),
        (HEAD + b"\0\xc0\x0c\0\1\0\1", q.FORMERR),
        (HEAD + b"\0" + b"\x3f" + b"x" * 20, q.FORMERR),
        (HEAD + b"\0" + (b"\x3f" + b"x" * 63) * 5 + b"\0\0\1\0\1", q.FORMERR),
        (HEAD + b"\0" + NAME + b"\0\1\0\3", q.REFUSED),
        (HEAD + b"\0" + NAME + b"\0\xfc\0\1", q.NOTIMP),
        (HEAD + b"\2" + ASKED + OPT + OPT, q.FORMERR),
        (HEAD + b"\1" + ASKED + b"\1x" + OPT, q.FORMERR),
        (HEAD + b"\1" + ASKED, q.FORMERR),
        (HEAD + b"\1" + ASKED + OPT[:6] + b"\1" + OPT[7:], q.BADVERS),
        (with_option(b"\0\1\x18\0\x0a\1\2"), q.NOERROR),
        (with_option(b"\0\3\x18\0\x0a\1\2"), q.FORMERR),
        (with_option(b"\0\1\x18\1\x0a\1\2"), q.FORMERR),
        (with_option(b"\0\1\x21\0\x0a\1\2\3\4"), q.FORMERR),
        (with_option(b"\0\1\x18\0\x0a\1\2\0"), q.FORMERR),
        (with_option(b"\0\1\x17\0\x0a\1\3"), q.FORMERR),
        (with_option(b"\0\1"), q.FORMERR),
    ],
)
def test_what_cannot_be_asked_so_is_said_so(packet, rcode):
    read = read_question(packet)
    assert (read.objection.rcode if read.objection else q.NOERROR) == rcode
    said = dns.message.from_wire(error(read, rcode))
    assert said.rcode() == rcode
    assert said.flags & dns.flags.QR
    assert said.id == 0x1234


@given(st.binary(max_size=80), st.binary(max_size=40))
def test_no_packet_raises_anything_else(start, rest):
    for packet in (start + rest, HEAD + b"\1" + ASKED + start, HEAD + b"\1" + start + ASKED + rest):
        try:
            read = read_question(packet)
        except Dropped:
            continue
        error(read, q.SERVFAIL)


@given(NAMES)
def test_names_go_to_the_wire_and_back(labels):
    name = wire_name(labels)
    assert tuple(labels_of(name)) == tuple(labels)
    assert dns.name.from_wire(name, 0)[0] == dns.name.Name([*labels, b""])
    assert names.read(name, 0) == (name, len(name))


@pytest.mark.parametrize("text", ["x" * 64, ".".join(["x" * 60] * 5), "a..b"])
def test_what_dns_cannot_say_is_refused(text):
    with pytest.raises(ValueError, match="bytes"):
        from_text(text)


@pytest.mark.parametrize("packet", [b"\xc0\0", b"\1a\xc0\2\xc0\0", b"\1a\xc0\0", b"\xc0", b"\xc0\5\0"])
def test_pointers_that_loop_or_lead_forward_are_malformed(packet):
    with pytest.raises(Malformed):
        names.read(packet, 2 if len(packet) > 4 else 0)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_reading_a_name_ends(packet, at):
    try:
        names.read(packet, at)
    except Malformed:
        return


# -- answers -----------------------------------------------------------------------


def addresses(number: int) -> Reply:
    return Reply(answers=[address_record(NAME, bytes((10, 0, n // 256, n % 256)), 7) for n in range(number)])


def services(number: int, meta: int = 0) -> Reply:
    targets = [from_text(f"n{n}.node.dc1.consul") for n in range(number)]
    extra = [address_record(target, bytes((10, 0, 0, n % 256)), 0) for n, target in enumerate(targets)]
    extra += [txt(target, 0, "m" * meta) for target in targets if meta]
    return Reply(answers=[srv(NAME, 0, 1, 80, target) for target in targets], additional=extra)


REPLIES = st.one_of(
    st.builds(addresses, st.integers(0, 300)), st.builds(services, st.integers(0, 60), st.sampled_from((0, 9, 300)))
)
SIZES = st.one_of(st.none(), st.integers(0, 65535))


@given(REPLIES, SIZES, st.booleans(), st.booleans(), st.booleans())
def test_an_answer_fits_and_says_so_if_something_is_missing(reply, size, tcp, truncate, compress):
    how = {} if size is None else {"use_edns": 0, "payload": size}
    asked = question("WeB.service.CONSUL", "SRV", **how)
    tail = tail_of(asked, reply, Manner(truncate=truncate, compress=compress), tcp)
    packet = splice(asked, tail)
    assert len(packet) <= (65535 if tcp else 512 if size is None else min(max(size, 512), 4096))
    said = dns.message.from_wire(packet)
    records = [rr for rrset in said.answer for rr in rrset]
    extra = sum(len(rrset) for rrset in said.additional)
    missing = len(records) < len(reply.answers) or extra < len(set(reply.additional))
    assert bool(said.flags & dns.flags.TC) == (truncate and missing)
    assert tail.whole == (not missing)
    assert bool(records) == bool(reply.answers)
    assert said.question[0].name.labels[0] == b"WeB"
    assert (said.edns, said.payload) == ((-1, 0) if size is None else (0, size))
    if size is None and not tcp:
        assert len(records) <= 3
        said.use_edns(False)
        assert len(dns.message.from_wire(packet).to_wire(origin=None)) <= 512


@given(NAMES, st.lists(NAMES, max_size=6), st.integers(0, 2**31 - 1))
def test_dnspython_reads_the_records_that_were_meant(owner, targets, ttl):
    name = wire_name(owner)
    reply = Reply(answers=[srv(name, ttl, n, n, wire_name(target)) for n, target in enumerate(targets)])
    asked = read_question(HEAD + b"\0" + name + b"\0\x21\0\1")
    said = dns.message.from_wire(splice(asked, tail_of(asked, reply, Manner(), tcp=True)))
    found = {(rr.port, rr.target) for rrset in said.answer for rr in rrset}
    assert found == {(n, dns.name.Name([*target, b""])) for n, target in enumerate(targets)}
    assert all(rrset.ttl == ttl for rrset in said.answer)


def test_a_subnet_is_echoed_for_all():
    option = dns.edns.ECSOption("10.1.2.0", 24)
    asked = question(use_edns=0, options=[option])
    said = dns.message.from_wire(splice(asked, tail_of(asked, addresses(1), Manner(), tcp=False)))
    assert list(said.options) == [option]


GOLDEN = {
    "A": (addresses(2), "12348500000100020000000003776562077365727669636506636f6e73756c0000010001"
          "c00c00010001000000070004" "0a000000" "c00c00010001000000070004" "0a000001"),
    "SRV": (services(1), "12348500000100010000000103776562077365727669636506636f6e73756c0000210001"
            "c00c0021000100000000001a" "000100010050" "026e30046e6f64650364633106636f6e73756c00"
            "c036" "0001" "0001" "00000000" "0004" "0a000000"),
}  # fmt: skip


@pytest.mark.parametrize("type_", GOLDEN)
def test_the_bytes_of_an_answer(type_):
    reply, expected = GOLDEN[type_]
    asked = question(type_=type_, id=0x1234)
    assert splice(asked, tail_of(asked, reply, Manner(), tcp=False)).hex() == expected
