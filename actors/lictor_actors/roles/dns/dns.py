"""The DNS actor: the doorway by which DNS questions enter the cluster.

door > dns            DnsAsked: answered by a prepared tail, from a standing read, or when the servers have been asked
agent, server > dns   answers and refusals: for the desk
host > dns            RecursorsAnswered: of names outside the zone
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from lictor_actors.consul.dns_names import Named, PreparedNamed, named, reversed_ip
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import Handlers, Vocabulary
from lictor_actors.roles.dns.lookups import Lookup, lookup_of, reverse_lookup
from lictor_actors.roles.dns.open_question import ALIASES_MOST, OpenQuestion
from lictor_actors.roles.dns.recursion import Recursion, addresses_in, passed_back, plain_question
from lictor_actors.roles.dns.source_rates import SourceRates
from lictor_actors.roles.dns.standing_reads import PendingRead, StandingRead, StandingReads
from lictor_actors.roles.dns.tails import Tails
from lictor_actors.roles.dns.wire import question as q
from lictor_actors.roles.dns.wire.answer import Manner, error, see_tcp, splice, tail_of
from lictor_actors.roles.dns.wire.names import Malformed, labels_of
from lictor_actors.roles.dns.wire.question import Dropped, read_question
from lictor_actors.roles.dns.wire.records import Reply
from lictor_actors.roles.dns.zone import Domains, Zone
from lictor_actors.roles.doorway.desk import Desk, DeskOptions
from lictor_actors.roles.doorway.question import EVERYTHING
from lictor_messages.answers import Answer
from lictor_messages.base import Message
from lictor_messages.dns import DnsAnswered, DnsAsked, DnsOptions, RecursorsAnswered
from lictor_messages.doorways import AskAgain, DeadlinesDue, RetryDue
from lictor_messages.envelope import at
from lictor_messages.jobs import JobFailed
from lictor_messages.refusals import Refused

WAITING_MOST = 4096
"""Questions without an answer; with more of them a question gets SERVFAIL at once."""
STALE_MS = 5_000
"""An answer counts as stale if its server had not heard the leader for longer, as in Consul."""
ARPA = b"arpa"
NOT_THERE = ("NoPathToDatacenter", "NotFound")
"""Refusals that say: there is no such name."""

Waiting = tuple[OpenQuestion, Lookup, Zone]
"""A question with what it asks the servers."""


class Dns(Actor):
    """One per node that has a DNS listener."""

    hears = Vocabulary(any_answer=True).on(
        DnsAsked, DnsOptions, AskAgain, RetryDue, DeadlinesDue, RecursorsAnswered, JobFailed
    )

    def __init__(self, options: DnsOptions) -> None:
        server = "" if options.acl else options.server
        desk = DeskOptions(at("agent", options.node), server, hold_ns=options.rpc_hold_timeout_ns)
        self._desk: Desk[PendingRead] = Desk(desk, self._outcome)
        self._sources = SourceRates()
        self.tails = Tails()
        self._follow(options)
        self._handlers = Handlers(
            self.hears,
            {
                DnsAsked: self._asked,
                DnsOptions: self._reload,
                AskAgain: self._ask_again,
                RetryDue: self._desk.retry,
                DeadlinesDue: lambda _, turn: self._desk.deadlines_due(turn),
                RecursorsAnswered: self._recursors_answered,
                JobFailed: lambda job, turn: self._recursors_answered(
                    RecursorsAnswered(ticket=job.ticket, error=job.error), turn
                ),
            },
        )

    def _follow(self, options: DnsOptions) -> None:
        """From now on these say how questions are answered."""
        self.options = options
        self._domains = Domains(options)
        self._manner = Manner(
            bool(options.recursors), options.enable_truncate, not options.disable_compression, options.udp_answer_limit
        )
        self._recursion = Recursion(options)
        node = options.node.partition(".")[0]
        self._asked_names, self._asked_addresses = f"dns.domain_query;node={node}", f"dns.ptr_query;node={node}"
        self.reads: StandingReads[Waiting] = StandingReads(
            self._desk,
            EVERYTHING,
            self._told,
            self.tails.drop,
            ages=options.use_cache,
            age_most=options.cache_max_age_ns,
            rights_change=options.acl,
        )

    def handle(self, message: Message, turn: Turn) -> None:
        """Packets in, answers back, timers."""
        envelope = turn.envelope
        if envelope is None or (not self._desk.take(message, turn) and (envelope.reply_to or not envelope.request)):
            self._handlers[type(message)](message, turn)
        # Else it answers a call that has ended.

    def check(self) -> None:
        """See ``Desk.check``."""
        self._desk.check()

    # -- in ------------------------------------------------------------------

    def _asked(self, asked: DnsAsked, turn: Turn) -> None:
        said, now, tcp, prepared = [], turn.now, asked.tcp, 0
        admit, ready = self._sources.admit, self.tails.answer
        for place, (packet, source) in enumerate(asked.packets):
            if tcp or admit(source, now):
                answer = ready(packet, tcp, now)
                if answer:
                    prepared += 1
                else:
                    answer = self._answer(packet, place, source, tcp, turn)
            else:
                answer = self._too_often(packet, turn)
            if answer is not None:
                said.append((place, answer))
        if prepared:
            turn.life.samples[self._asked_names].extend([0.0] * prepared)
        if said:
            turn.reply(DnsAnswered.model_construct(answers=tuple(said)))

    def _too_often(self, packet: bytes, turn: Turn) -> bytes:
        turn.count("dns_sent_to_tcp:rate")
        try:
            return see_tcp(read_question(packet))
        except Dropped:
            return b""

    def _answer(self, packet: bytes, place: int, source: str, tcp: bool, turn: Turn) -> bytes | None:
        """The answer, b"" if there will be none, None if it comes later."""
        try:
            question = read_question(packet)
        except Dropped as why:
            turn.count(f"dns_dropped:{why.args[0]}")
            return b""
        if question.objection is not None:
            turn.count(f"dns_refused:{question.objection.why}")
            return error(question, question.objection.rcode)
        asked = OpenQuestion(question, turn.ticket(), place, tcp, source, turn.now, question.name.lower())
        said = self._look_up(asked, packet, turn)
        if said is not None:
            self._took(asked, turn)
        return said

    def _took(self, asked: OpenQuestion, turn: Turn) -> None:
        reverse = asked.question.type == q.PTR
        turn.sample(self._asked_addresses if reverse else self._asked_names, (turn.now - asked.began) / 1e6)

    def _look_up(self, asked: OpenQuestion, packet: bytes, turn: Turn) -> bytes | None:
        """``packet``: what recursors are asked if the name is theirs."""
        labels = tuple(labels_of(asked.name))
        found = self._domains.within(labels)
        if found is None:
            if labels and labels[-1] == ARPA and asked.question.type in (q.PTR, q.ANY):
                ip = reversed_ip(tuple(label.decode(errors="replace") for label in labels))
                if ip:
                    zone = self._domains.first
                    return self._make(asked, reverse_lookup(ip, asked.name, zone), zone, turn)
            return self._outside(asked, packet, turn)
        inner, zone = found
        what = _named(inner, asked.question.type)
        source = asked.counts_place() if isinstance(what, PreparedNamed) else ""
        lookup = lookup_of(what, asked.question.type, asked.name, zone, source) if what is not None else None
        return self._make(asked, lookup, zone, turn)

    def _make(self, asked: OpenQuestion, what: Lookup | Reply | None, zone: Zone, turn: Turn) -> bytes | None:
        """Go on with what is known of the name."""
        if not isinstance(what, Lookup):
            return self._say(asked, what, None, zone, turn)
        read = self.reads.find(what.query, turn.now)
        if read is not None:
            reply = what.reply(read.answer, turn)
            if not isinstance(reply, Lookup):
                return self._say(asked, reply, read if what.repeats else None, zone, turn)
        if self.reads.waiting >= WAITING_MOST:
            turn.count("dns_refused:too many wait")
            return error(asked.question, q.SERVFAIL)
        self.reads.ask(what.query, (asked, what, zone), turn)
        return None

    # -- back ----------------------------------------------------------------

    def _outcome(self, readings: Sequence[PendingRead], answer: Message, turn: Turn) -> None:
        self.reads.outcome(readings, answer, turn)

    def _told(self, waiting: Sequence[Waiting], answer: Message, read: StandingRead | None, turn: Turn) -> None:
        """What the servers say, or why they say nothing."""
        for asked, lookup, zone in waiting:
            if isinstance(answer, Answer):
                if answer.last_contact_ms > STALE_MS:
                    turn.count("dns.stale_queries")
                reply = lookup.reply(answer, turn)
                if isinstance(reply, Lookup):
                    said = self._make(asked, reply, zone, turn)
                else:
                    said = self._say(asked, reply, read if lookup.repeats else None, zone, turn)
            elif isinstance(answer, Refused) and answer.code in NOT_THERE:
                said = self._say(asked, None, None, zone, turn)
            else:
                turn.count("dns_failed")
                said = error(asked.question, q.SERVFAIL)
            self._send(asked, said, turn)

    def _say(
        self, asked: OpenQuestion, reply: Reply | None, read: StandingRead | None, zone: Zone, turn: Turn
    ) -> bytes | None:
        """The reply as a packet; None if it is a name that leads elsewhere, and that is looked up first."""
        if reply is not None and _leads_on(asked, reply):
            return self._follow_alias(asked, reply, turn)
        if asked.aliases:
            reply = Reply(answers=asked.aliases + (reply.answers if reply is not None else []))
        if reply is None:
            reply = Reply(q.NXDOMAIN)
        if not reply.answers:
            reply.authority = [zone.soa(turn.wall)]
            read = None  # the serial of that record is the time
        tail = tail_of(asked.question, reply, self._manner, asked.tcp)
        if read is not None and not asked.aliases and (tail.whole or asked.question.edns is None):
            self.tails.keep(asked.question, asked.tcp, tail, read, len(reply.answers))
        return splice(asked.question, tail)

    def _send(self, asked: OpenQuestion, said: bytes | None, turn: Turn) -> None:
        if said is not None:
            self._took(asked, turn)
            turn.answer(asked.ticket, DnsAnswered(answers=((asked.place, said),)))

    # -- elsewhere -----------------------------------------------------------

    def _follow_alias(self, asked: OpenQuestion, reply: Reply, turn: Turn) -> bytes | None:
        asked.aliases += reply.answers
        asked.name = reply.answers[0].target.lower()
        return self._look_up(asked, plain_question(asked.name, asked.question.type), turn)

    def _outside(self, asked: OpenQuestion, packet: bytes, turn: Turn) -> bytes | None:
        if self._recursion.is_own(packet):
            turn.count("dns_refused:circle")
            return error(asked.question, q.SERVFAIL)
        if self._recursion.there:
            if self._recursion.ask(asked, packet, turn):
                return None
            turn.count("dns_refused:too many at recursors")
            return error(asked.question, q.SERVFAIL)
        if asked.aliases:
            return self._aliases_alone(asked)
        turn.count("dns_refused:other zone")
        return error(asked.question, q.REFUSED)

    def _aliases_alone(self, asked: OpenQuestion) -> bytes:
        """Where the name leads, and not what is there."""
        return splice(asked.question, tail_of(asked.question, Reply(answers=asked.aliases), self._manner, asked.tcp))

    def _recursors_answered(self, answer: RecursorsAnswered, turn: Turn) -> None:
        asked = self._recursion.answered(answer)
        if asked is None:
            return
        if not answer.packet:
            turn.count("dns_recursors_failed")
        self._send(asked, self._from_recursors(asked, answer.packet), turn)

    def _from_recursors(self, asked: OpenQuestion, packet: bytes) -> bytes:
        if not asked.aliases:
            return passed_back(asked, packet) if packet else error(asked.question, q.SERVFAIL)
        with suppress(Malformed):  # the alias alone is an answer, too
            asked.aliases += addresses_in(packet) if packet else []
        return self._aliases_alone(asked)

    # -- changes -------------------------------------------------------------

    def _ask_again(self, told: AskAgain, turn: Turn) -> None:
        self.reads.lost(turn)
        self._desk.ask_again(told, turn)

    def _reload(self, options: DnsOptions, turn: Turn) -> None:
        """Nothing that was prepared by the old rules serves on; what is under way is still answered by them."""
        self.reads.forget_all(turn)
        self.tails.clear()
        self._follow(options)


def _named(labels: tuple[bytes, ...], type_: int) -> Named | None:
    try:
        return named(tuple(label.decode() for label in labels), srv=type_ == q.SRV)
    except UnicodeDecodeError:
        return None  # nothing has such a name


def _leads_on(asked: OpenQuestion, reply: Reply) -> bool:
    """True for an alias, alone, that is to be followed."""
    alone = len(reply.answers) == 1 and reply.answers[0].type == q.CNAME
    return alone and asked.question.type in (q.A, q.AAAA, q.ANY) and len(asked.aliases) < ALIASES_MOST
