"""DNS in a world: what each form of name is answered, and what is said while checks fail and servers go."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest
from dns_site import AGENT, DnsSite, instance

from lictor_actors.consul.uuids import new_uuid
from lictor_actors.requests.rate import TokenBucket
from lictor_actors.roles.dns.standing_reads import READS_MOST
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import NodeRecord, Register, ServiceRecord, TaggedAddress, Weights
from lictor_messages.coordinates import Coordinate, NodeCoordinate, UpdateCoordinate
from lictor_messages.dns import DnsOptions
from lictor_messages.queries import CreatePreparedQuery, PreparedQuery, ServiceQuery

MS = 1_000_000
LATE_S = 0.05


@pytest.fixture
def site() -> DnsSite:
    return DnsSite(seed=5)


def texts(message, section="answer"):
    return {str(rr) for rrset in getattr(message, section) for rr in rrset}


def fill(site) -> None:
    site.register("web", 3, tags=("v1",), weights=Weights(passing=7, warning=2))
    meta = FrozenMap({"rack": "7", "rfc1035-note": "bare"})
    site.write(Register(node=NodeRecord(node="rich", address="2001:db8::5", meta=meta)))
    node = NodeRecord(node="n1", address="10.1.0.1")
    virtual = TaggedAddress(name="consul-virtual", address="240.0.0.1", port=80)
    apart = ServiceRecord(node="n1", id="api", service="api", address="10.5.0.5", port=81, tagged_addresses=(virtual,))
    site.write(Register(node=node, service=apart))
    alias = ServiceRecord(node="n1", id="far", service="far", address="web.service.consul", port=82)
    site.write(Register(node=node, service=alias))
    query = PreparedQuery(id=new_uuid(bytes(16)), name="nearest", service=ServiceQuery(service="web"), dns_ttl="9s")
    site.write(CreatePreparedQuery(query=query))


WEB = {"10.1.0.1", "10.1.0.2", "10.1.0.3"}


def test_each_form_of_name(site):
    fill(site)
    said = site.ask("web.service.consul", "A")
    assert texts(said) == WEB
    assert said.flags & dns.flags.AA
    assert not said.flags & dns.flags.RA
    for name in (
        "WEB.Service.dc1.CONSUL",
        "web.service.dc1.dc.consul",
        "v1.web.service.consul",
        "nearest.query.consul",
    ):
        assert texts(site.ask(name, "A")) == WEB, name
    assert site.ask("nearest.query.consul", "A").answer[0].ttl == 9
    assert texts(site.ask("n1.node.consul", "A")) == {"10.1.0.1"}
    assert texts(site.ask("rich.node.consul", "AAAA")) == {"2001:db8::5"}
    assert texts(site.ask("rich.node.consul", "TXT")) == {'"rack=7"', '"bare"'}
    assert texts(site.ask("rich.node.consul", "AAAA"), "additional") == {'"rack=7"', '"bare"'}
    assert texts(site.ask("rich.node.consul", "ANY")) == {"2001:db8::5", '"rack=7"', '"bare"'}
    assert texts(site.ask("0a010203.addr.consul", "A")) == {"10.1.2.3"}
    assert texts(site.ask("api.virtual.consul", "A")) == {"240.0.0.1"}
    assert texts(site.ask("1.0.1.10.in-addr.arpa", "PTR")) == {"n1.node.dc1.consul."}
    assert texts(site.ask("5.0.5.10.in-addr.arpa", "PTR")) == {"api.service.dc1.consul."}
    assert len(texts(site.ask("consul", "NS"))) == 3
    soa = site.ask("web.service.consul", "SOA")
    assert [str(rr.mname) for rr in soa.answer[0]] == ["ns.consul."]
    assert len(texts(soa, "additional")) == 3
    assert texts(site.ask("far.service.consul", "A", use_edns=0)) == WEB | {"web.service.consul."}


def test_srv_names_a_target_and_says_where_that_is(site):
    fill(site)
    for name in ("web.service.consul", "_web._tcp.service.consul", "_web._v1.service.consul", "_web._tcp.consul"):
        said = site.ask(name, "SRV")
        assert texts(said) == {f"1 7 80 n{n}.node.dc1.consul." for n in (1, 2, 3)}, name
        assert texts(said, "additional") == WEB
    said = site.ask("api.service.consul", "SRV")
    assert texts(said) == {"1 1 81 0a050005.addr.dc1.consul."}
    assert texts(said, "additional") == {"10.5.0.5"}
    site.set_check("n2", "web-2", "warning")
    assert "1 2 80 n2.node.dc1.consul." in texts(site.ask("web.service.consul", "SRV"))


@pytest.mark.parametrize(
    ("name", "type_", "rcode", "soa"),
    [
        ("absent.service.consul", "A", dns.rcode.NXDOMAIN, True),
        ("absent.node.consul", "A", dns.rcode.NXDOMAIN, True),
        ("absent.query.consul", "A", dns.rcode.NXDOMAIN, True),
        ("web.service.dc9.consul", "A", dns.rcode.NXDOMAIN, True),
        ("web.service.a.b.c.consul", "A", dns.rcode.NXDOMAIN, True),
        ("9.9.9.9.in-addr.arpa", "PTR", dns.rcode.NXDOMAIN, True),
        ("web.service.consul", "AAAA", dns.rcode.NOERROR, True),
        ("consul.service.consul", "MX", dns.rcode.NOERROR, True),
        ("example.com", "A", dns.rcode.REFUSED, False),
    ],
)
def test_what_is_not_there_is_said_to_be_missing(site, name, type_, rcode, soa):
    site.register("web", 1)
    said = site.ask(name, type_)
    assert said.rcode() == rcode
    assert not said.answer
    assert [rrset.name.to_text() for rrset in said.authority] == (["consul."] if soa else [])


def test_critical_instances_are_left_out_and_warnings_if_only_passing(site):
    site.register("web", 3)
    site.set_check("n1", "web-1", "critical")
    site.set_check("n2", "web-2", "warning")
    assert texts(site.ask("web.service.consul")) == {"10.1.0.2", "10.1.0.3"}
    strict = DnsSite(seed=5, settings={"dns.only_passing": True})
    strict.register("web", 3)
    strict.set_check("n2", "web-2", "warning")
    assert texts(strict.ask("web.service.consul")) == {"10.1.0.1", "10.1.0.3"}


def test_options_say_how_it_is_answered():
    second = 1_000_000_000
    ttls = FrozenMap({"*": 5 * second, "we*": 6 * second, "web": 7 * second})
    settings = {"dns.service_ttl": ttls, "dns.node_ttl_ns": 8 * second, "dns.udp_answer_limit": 2}
    settings |= {"dns.enable_truncate": True, "dns.alt_domain": "example.", "dns.a_record_limit": 4}
    site = DnsSite(seed=5, settings=settings)
    for name in ("web", "weather", "db"):
        site.register(name, 5)
    for name, ttl in (("web.service", 7), ("weather.service", 6), ("db.service", 5), ("n1.node", 8)):
        assert site.ask(f"{name}.consul").answer[0].ttl == ttl
    cut = site.ask("web.service.consul")
    assert (len(texts(cut)), bool(cut.flags & dns.flags.TC)) == (2, True)
    whole = site.ask("web.service.consul", use_edns=0)
    assert (len(texts(whole)), bool(whole.flags & dns.flags.TC)) == (4, False)
    assert len(texts(site.ask("web.service.consul", tcp=True))) == 4
    assert "1 1 80 n1.node.dc1.example." in texts(site.ask("web.service.example", "SRV", tcp=True))


def test_instances_near_the_client_come_first(site):
    """By its subnet, else by where the packet comes from; an answer by the subnet is said to hold for that alone."""
    site.register("web", 3)
    for n in (1, 2, 3):
        lies = Coordinate(vec=(n / 10, *(0.0,) * 7))
        site.write(UpdateCoordinate(coordinate=NodeCoordinate(node=f"n{n}", coord=lies)))
    near = ServiceQuery(service="web", near="_ip")
    site.write(CreatePreparedQuery(query=PreparedQuery(id=new_uuid(bytes(16)), name="nearest", service=near)), 7)
    for n, order in ((3, [3, 2, 1]), (1, [1, 2, 3])):
        subnet = dns.edns.ECSOption(f"10.1.0.{n}", 32)
        said = site.ask("nearest.query.consul", use_edns=0, options=[subnet])
        assert [str(rr) for rr in said.answer[0]] == [f"10.1.0.{at}" for at in order]
        assert [option.scopelen for option in said.options] == [32]
        query = dns.message.make_query("nearest.query.consul", "A")
        plain = dns.message.from_wire(site.send(query.to_wire(), source=f"10.1.0.{n}"))
        assert [str(rr) for rr in plain.answer[0]] == [f"10.1.0.{at}" for at in order]
    wide = site.ask("nearest.query.consul", use_edns=0, options=[dns.edns.ECSOption("10.1.0.0", 24)])
    assert (texts(wide), wide.options[0].scopelen) == (WEB, 24)
    other = site.ask("web.service.consul", use_edns=0, options=[dns.edns.ECSOption("10.1.0.3", 32)])
    assert other.options[0].scopelen == 0


# -- prepared tails ----------------------------------------------------------------


def test_a_prepared_answer_is_one_that_could_have_been_built(site):
    site.register("web", 6)
    for how in ({}, {"use_edns": 0}, {"use_edns": 0, "payload": 512}, {"use_edns": 0, "want_dnssec": True}):
        for tcp in (False, True):
            orders = set()
            for turn in range(60):
                name = "".join(c.upper() if turn >> n % 5 & 1 else c for n, c in enumerate("web.service.consul"))
                said = site.ask(name, "SRV", tcp=tcp, **how)
                assert said.question[0].name.to_text() == f"{name}."
                built = {f"1 1 80 n{n}.node.dc1.consul." for n in range(1, 7)}
                assert texts(said) <= built
                assert len(texts(said)) == (6 if tcp or how else 3)
                orders.add(tuple(str(rr) for rrset in said.answer for rr in rrset))
            assert 10 < len(orders) <= 60
    assert site.reads.count("catalog.list_service_health") < 480


def test_names_that_nothing_has_leave_nothing_behind(site):
    site.register("web", 1)
    site.ask("web.service.consul")
    for number in range(2000):
        assert site.ask(f"absent{number}.service.consul").rcode() == dns.rcode.NXDOMAIN
        assert site.ask(f"{number:08x}.addr.consul").answer
    actor = site.actor
    assert len(actor.reads) <= 1
    assert len(actor.tails) <= 1
    assert actor.reads.waiting == 0


def test_a_read_that_is_not_needed_stands_no_longer(site):
    site.register("web", 1)
    site.ask("web.service.consul")
    assert len(site.actor.reads) == 1
    site.world.run(5)
    assert len(site.actor.reads) == len(site.actor.tails) == 0
    assert READS_MOST >= 1


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_a_failed_instance_is_named_no_more_50_ms_past_the_index(seed):
    site = DnsSite(seed)
    site.register("web", 4)
    for n in (1, 2, 3):
        for _ in range(40):
            site.ask("web.service.consul")
        site.set_check(f"n{n}", f"web-{n}", "critical", LATE_S)
        for _ in range(40):
            assert f"10.1.0.{n}" not in texts(site.ask("web.service.consul"))
        site.write(instance("db", n))


def test_cut_from_all_servers_it_fails_within_the_time_of_a_call(site):
    site.register("web", 1)
    for _ in range(40):
        site.ask("web.service.consul")
    for node in site.world.running():
        if node != AGENT:
            site.world.crash(node)
    site.world.run(3)
    began = site.world.time
    assert site.ask("web.service.consul").rcode() == dns.rcode.SERVFAIL
    assert site.world.time - began < 8_000 * MS
    assert site.world.counters["dns_failed"] == 1


def test_what_a_server_without_a_leader_answers_is_counted_as_stale(site):
    site.register("web", 1)
    assert texts(site.ask("web.service.consul")) == {"10.1.0.1"}
    assert "dns.stale_queries" not in site.world.counters
    for node in ("server-1.dc1", "server-2.dc1"):
        site.world.crash(node)
    site.world.run(20)
    assert texts(site.ask("web.service.consul")) == {"10.1.0.1"}
    assert site.world.counters["dns.stale_queries"] == 1


@pytest.mark.parametrize(
    ("age_s", "after_s", "rcode"), [(0, 3600, "NOERROR"), (60, 30, "NOERROR"), (60, 90, "SERVFAIL")]
)
def test_cut_from_all_servers_the_cache_answers_for_as_long_as_it_may(age_s, after_s, rcode):
    site = DnsSite(5, settings={"dns.use_cache": True, "dns.cache_max_age_ns": age_s * 1_000_000_000})
    site.register("web", 1)
    site.ask("web.service.consul")
    site.world.run(10)
    for node in site.world.running():
        if node != AGENT:
            site.world.crash(node)
    site.world.run(after_s)
    assert dns.rcode.to_text(site.ask("web.service.consul").rcode()) == rcode


def test_a_new_leader_and_a_restarted_server_change_nothing_for_askers(site):
    site.register("web", 3)
    leader = site.bench.leader()
    site.world.crash(leader)
    for _ in range(20):
        assert texts(site.ask("web.service.consul")) == WEB
        site.world.run(0.5)
    site.world.restart(leader)
    site.set_check("n1", "web-1", "critical")
    site.world.run(1)
    assert texts(site.ask("web.service.consul")) == WEB - {"10.1.0.1"}


def test_new_options_hold_at_once(site):
    site.register("web", 3)
    for _ in range(40):
        assert site.ask("web.service.consul").answer[0].ttl == 0
    told = site.actor.options.model_copy(update={"service_ttl": FrozenMap({"web": 5_000_000_000})})
    assert isinstance(told, DnsOptions)
    site.world.door(AGENT, "reloader").tell("dns@agent-1.dc1", told)
    site.world.run(0.1)
    assert site.ask("web.service.consul").answer[0].ttl == 5


def test_an_address_that_asks_too_often_is_sent_to_tcp(site):
    site.register("web", 1)
    packet = dns.message.make_query("web.service.consul", "A").to_wire()
    for _ in range(30):
        site.send(packet, source="10.9.9.9")
    site.actor._sources._buckets["10.9.9.9"] = TokenBucket(0, 0, 0)  # it has asked for all that it may
    said = dns.message.from_wire(site.send(packet, source="10.9.9.9"))
    assert said.flags & dns.flags.TC
    assert not said.answer
    assert dns.message.from_wire(site.send(packet, source="10.9.9.9", tcp=True)).answer
    assert dns.message.from_wire(site.send(packet, source="10.8.8.8")).answer


def test_without_a_recursor_that_answers_foreign_names_fail(site):
    site = DnsSite(5, settings={"dns.recursors": ("10.0.0.99",)})
    said = site.ask("example.com")
    assert said.rcode() == dns.rcode.SERVFAIL
    assert site.world.counters["dns_recursors_failed"] == 1
