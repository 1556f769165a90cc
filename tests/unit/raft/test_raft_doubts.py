"""Numbers that no honest server says: refused by name, without an exception, and nothing changes. Terms that are too
far away are approached. A cluster that was hit elects again by itself."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from raft_network import MS, SECOND, Network

from lictor_actors.raft import RaftOptions, Role
from lictor_actors.raft.configuration import of_voters, read_configuration
from lictor_actors.raft.doubts import CEILING, FARTHEST
from lictor_actors.raft.records import pack_term
from lictor_messages.base import CLAIM, KINDS_ON, WIRE, Message
from lictor_messages.bounds import HIGHEST
from lictor_messages.codec import FrameRefused, pack_body, unpack_body
from lictor_messages.raft import (
    AppendAnswer,
    AppendEntries,
    InstallSnapshot,
    RequestVote,
    SnapshotAnswer,
    TimeoutNow,
    Vote,
)

ELECTION = RaftOptions().election_ns
SERVERS = of_voters(("n1", "n2", "n3")).pack()


def packed(term: int, code: int = 0, data: bytes = b"x") -> bytes:
    return term.to_bytes(8, "big") + bytes((code,)) + data


def append(term: int, *entries: bytes, prev: tuple[int, int] = (1, 1), **more: int) -> AppendEntries:
    fields = {"commit": 0, "round": 1, **more}
    return AppendEntries(term=term, leader="n2", prev_index=prev[0], prev_term=prev[1], entries=entries, **fields)


def install(term: int = 5, **more: object) -> InstallSnapshot:
    fields: dict[str, object] = {"index": 9, "last_term": 4, "configuration_index": 1, "configuration": SERVERS}
    fields |= {"size": 3, "checksum": crc32(b"abc"), "offset": 0, "data": b"abc"}
    return InstallSnapshot(term=term, leader="n2", **{**fields, **more})


def alone() -> Network:
    """``n1`` of three, in term 1; the others are down, and a test speaks for them."""
    net = Network()
    for name in ("n2", "n3"):
        net.crash(name)
    net.run(10 * MS)
    return net


def state(net: Network, name: str) -> tuple[object, ...]:
    r = net.raft(name)
    stable, host = r._stable, net.hosts[name]
    log = [(e.index, e.term, e.data) for e in r.entries(r.first_index, r.last_index + 1)]
    return (r.term, stable.vote, r.role, r.leader, r.commit_index, log, stable.staged, len(host.records), host.unsynced)


def says(kind: type[Message]) -> dict[str, object]:
    """A message of this kind that may be said."""
    return {
        AppendEntries: append(5),
        AppendAnswer: AppendAnswer(term=5, ok=True, match=1, round=1),
        InstallSnapshot: install(),
        SnapshotAnswer: SnapshotAnswer(term=5, index=1, offset=0),
        RequestVote: RequestVote(term=5, last_index=1, last_term=1),
        Vote: Vote(term=5, granted=True),
        TimeoutNow: TimeoutNow(term=5),
    }[kind].model_dump()


NUMBERS = [
    (kind, name)
    for kind in (AppendEntries, AppendAnswer, InstallSnapshot, SnapshotAnswer, RequestVote, Vote, TimeoutNow)
    for name, field in kind.model_fields.items()
    if field.annotation is int
]


# -- the codec --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [-1, HIGHEST + 1, 2**64 - 2, 2**64 - 1])
@pytest.mark.parametrize(("kind", "name"), NUMBERS, ids=lambda part: getattr(part, "kind", part))
def test_a_number_beyond_the_bounds_is_malformed(kind: type[Message], name: str, number: int) -> None:
    body = kind.model_construct(**{**says(kind), name: number})
    with pytest.raises(FrameRefused) as refused:
        unpack_body(pack_body(body), WIRE)
    assert refused.value.reason == "malformed"
    with pytest.raises(ValidationError):
        kind(**{**says(kind), name: number})


def test_every_number_that_servers_and_probers_say_has_its_bounds() -> None:
    kinds = [*KINDS_ON[WIRE].values(), *KINDS_ON[CLAIM].values()]
    wire = [kind for kind in kinds if kind.kind.partition(".")[0] in ("raft", "swim")]
    assert len(wire) > 15
    without = [
        f"{kind.kind}.{name}"
        for kind in wire
        for name, field in kind.model_fields.items()
        if field.annotation is int and len(field.metadata) < 2
    ]
    assert without == []


# -- terms that are too far away --------------------------------------------------------------------------------------

FAR = 1 + FARTHEST + 1


@pytest.mark.parametrize(
    "message",
    [
        append(FAR),
        append(HIGHEST, packed(HIGHEST)),
        install(HIGHEST),
        RequestVote(term=FAR, last_index=9, last_term=9),
        RequestVote(term=HIGHEST, last_index=9, last_term=9, transfer=True),
        RequestVote(term=FAR, pre=True, last_index=9, last_term=9),
        AppendAnswer(term=FAR, ok=False, match=1, round=0),
        SnapshotAnswer(term=FAR, index=1, offset=0),
        Vote(term=FAR, granted=False),
        TimeoutNow(term=FAR),
    ],
    ids=lambda message: f"{message.kind}-{message.term:x}",
)
def test_a_term_too_far_above_the_own_one_is_approached_and_the_message_dropped(message: Message) -> None:
    net = alone()
    net.run(ELECTION)
    since = len(net.sent)
    term = net.raft("n1").term
    if isinstance(message, TimeoutNow):
        net.say("n2", "n1", message)
        assert net.raft("n1").term == term  # it counts in its own term only, and raises none
        return
    net.say("n2", "n1", message)
    raft = net.raft("n1")
    assert (raft.term, raft._stable.vote, raft.role, raft.last_index) == (term + FARTHEST, "", Role.FOLLOWER, 1)
    assert [m for _, source, to, m in net.sent[since:] if (source, to) == ("n1", "n2")] == []
    assert net.counters["raft_term_too_far"] == 1
    assert any("moves on by" in text for name, text in net.notes if name == "n1")


def test_the_farthest_term_that_is_believed_is_believed() -> None:
    net = alone()
    net.say("n2", "n1", append(1 + FARTHEST))
    assert (net.raft("n1").term, net.raft("n1").leader) == (1 + FARTHEST, "n2")
    assert net.counters["raft_term_too_far"] == 0


def test_a_loyal_voter_is_not_moved_by_a_candidate_from_far_away() -> None:
    net = Network()
    leader = net.elect()
    term = net.raft(leader).term
    for name in net.names:
        net.say("n9", name, RequestVote(term=HIGHEST, last_index=9, last_term=9))
    assert [net.raft(name).term for name in net.names] == [term] * 3


def behind(*ahead: str, terms: int = 5 * FARTHEST) -> Network:
    """Three servers; those that are ``ahead`` have seen so many terms more than the others."""
    net = Network()
    net.elect()
    for name in net.names:
        net.crash(name)
    for name in ahead:
        net._store(net.hosts[name], [(0, pack_term(terms, ""))])
    for name in net.names:
        net.start(name)
    return net


@pytest.mark.parametrize("ahead", [("n1",), ("n1", "n2"), ("n1", "n2", "n3")], ids=len)
def test_servers_that_were_away_for_many_terms_catch_up_and_writes_go_on(ahead: tuple[str, ...]) -> None:
    """By answers, votes refused, pre-votes and heartbeats: whichever of them there are."""
    net = behind(*ahead)
    net.run_until(lambda: net.settled() and net.raft("n1").term >= 5 * FARTHEST, at_most=30 * SECOND)
    net.propose(net.leader(), b"a")
    net.run_until(lambda: all(net.commands(name) == [b"a"] for name in net.names))


def test_a_transfer_to_a_server_that_was_away_for_many_terms() -> None:
    net = behind("n1", "n2")
    net.run_until(lambda: net.settled() and net.raft("n3").term > 5 * FARTHEST, at_most=30 * SECOND)
    leader, target = net.leader(), "n3" if net.leader() != "n3" else "n1"
    net.do(leader, lambda raft, turn: raft.transfer_leadership(target, turn))
    net.run_until(lambda: net.leaders() == [target])


def test_a_new_server_joins_a_cluster_of_many_terms() -> None:
    net = behind("n1", "n2", "n3")
    net.elect()
    net.add("n4")
    net.reconfigure(lambda c: c.with_nonvoter("n4"))
    net.run_until(lambda: net.raft("n4").last_index == net.raft(net.leader()).last_index)
    assert net.counters["raft_term_too_far"] in range(3, 10)


@pytest.mark.parametrize("term", [HIGHEST, HIGHEST - 1, 1 + FARTHEST + 1])
@pytest.mark.parametrize("kind", [append, lambda t: RequestVote(term=t, last_index=9, last_term=9, transfer=True)])
def test_one_forged_message_to_each_server_costs_an_election_and_no_more(kind: object, term: int) -> None:
    assert callable(kind)
    net = Network()
    net.elect()
    for name in net.names:
        net.say("n2" if name != "n2" else "n3", name, kind(term))
    net.run_until(net.settled, at_most=5 * SECOND)
    net.propose(net.leader(), b"a")
    net.run_until(lambda: all(net.commands(name) == [b"a"] for name in net.names), at_most=SECOND)
    assert net.raft("n1").term < 10 * FARTHEST


def test_without_the_bound_one_message_ends_elections_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant of the test above: what it asserts does not come by itself."""
    monkeypatch.setattr("lictor_actors.raft.receiving.FARTHEST", 2**64)
    net = Network()
    net.elect()
    for name in net.names:
        net.say("n2" if name != "n2" else "n3", name, append(HIGHEST))
    with pytest.raises(AssertionError, match="did not happen in time"):
        net.run_until(net.settled, at_most=60 * SECOND)


# -- the last term ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", [CEILING, 2**64 - 2])
def test_servers_in_the_last_term_say_so_with_the_cure_and_do_not_crash(term: int) -> None:
    net = behind(*("n1", "n2", "n3"), terms=term)
    net.run(5 * SECOND)
    for name in net.names:
        net.say("n2" if name != "n2" else "n3", name, append(7))
    net.run(5 * SECOND)
    assert net.leaders() == []
    said = [name for name, text in net.notes if "the last term there is" in text and "recover -reset-term" in text]
    assert said == list(net.names)


def test_nobody_is_told_to_stand_beyond_the_last_term() -> None:
    net = behind("n1", terms=CEILING)
    net.say("n2", "n1", append(CEILING))
    assert net.raft("n1").leader == "n2"
    net.say("n2", "n1", TimeoutNow(term=CEILING))
    assert (net.raft("n1").role, net.raft("n1").term) == (Role.FOLLOWER, CEILING)


def test_the_term_before_the_last_one_is_a_term_like_any_other() -> None:
    net = behind(*("n1", "n2", "n3"), terms=CEILING - 1)
    leader = net.elect()
    assert net.raft(leader).term == CEILING
    assert [name for name, text in net.notes if "the last term there is" in text] == [leader]


# -- what no honest server says ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("prev_term", append(5, prev=(1, 6))),
        ("entry_term", append(5, packed(6))),
        ("entry_term", append(5, packed(5), packed(4))),
        ("entry_term", append(5, packed(3), prev=(1, 4))),
        ("entry_term", append(5, packed(0), prev=(0, 0))),
        ("entry_term", append(5, packed(2**64 - 1))),
        ("entry_type", append(5, packed(5, 3))),
        ("entry_type", append(5, packed(5, 255))),
        ("entry_configuration", append(5, packed(5, 2, b""))),
        ("entry_configuration", append(5, packed(5, 2, b"\x90"))),
        ("entry_configuration", append(5, packed(5, 2, b"\xc1nonsense"))),
        ("entry_configuration", append(5, packed(5, 2, of_voters(("n1", "n1")).pack()))),
        ("entry_configuration", append(5, packed(5, 2, of_voters(("server@n1",)).pack()))),
        ("snapshot_place", install(index=0)),
        ("snapshot_place", install(last_term=6)),
        ("snapshot_place", install(last_term=0)),
        ("snapshot_size", install(size=0, data=b"")),
        ("snapshot_size", install(offset=4, data=b"")),
        ("snapshot_size", install(offset=1)),
        ("snapshot_size", install(size=2)),
        ("snapshot_configuration", install(configuration=b"")),
        ("snapshot_configuration", install(configuration=b"\x90")),
        ("snapshot_configuration", install(configuration_index=10)),
        ("snapshot_configuration", install(configuration_index=0)),
        ("candidate_log", RequestVote(term=5, last_index=9, last_term=5)),
        ("candidate_log", RequestVote(term=5, last_index=0, last_term=4, transfer=True)),
        ("candidate_log", RequestVote(term=5, last_index=9, last_term=0, pre=True)),
    ],
)
def test_it_is_refused_by_name_and_nothing_changes(name: str, message: Message) -> None:
    net = alone()
    net.run(ELECTION)
    before = state(net, "n1")
    for _ in range(3):
        net.say("n2", "n1", message)
    assert state(net, "n1") == before
    assert net.counters == {f"raft_refused_{name}": 3}
    assert len([text for _, text in net.notes if "raft: refuses" in text]) == 1


def test_a_blank_server_stays_blank() -> None:
    net = Network(1, bootstrap=False)
    net.say("n2", "n1", install(size=0, data=b""))
    assert net.raft("n1")._stable.blank
    assert net.raft("n1").identity == ""


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("match", {"ok": True, "match": 99}),
        ("match", {"ok": True, "match": HIGHEST}),
        ("match", {"ok": False, "match": 99}),
        ("round", {"ok": True, "match": 1, "round": 10_000}),
        ("hint", {"ok": False, "match": 1, "hint_index": 2}),
        ("hint", {"ok": False, "match": 1, "hint_index": 1, "hint_term": 999}),
    ],
)
def test_an_answer_that_cannot_be_true_proves_nothing(name: str, answer: dict[str, int]) -> None:
    net = Network()
    leader = net.elect()
    other = next(n for n in net.names if n != leader)
    net.isolate(leader)
    net.run(50 * MS)
    before = (net.raft(leader).matches(), net.raft(leader).contacts(net.now), net.raft(leader).commit_index)
    net.say(other, leader, AppendAnswer(**{"term": net.raft(leader).term, "round": 0, **answer}))
    assert (net.raft(leader).matches(), net.raft(leader).contacts(net.now), net.raft(leader).commit_index) == before
    assert net.counters[f"raft_refused_{name}"] == 1


def test_rounds_that_were_never_sent_prove_no_lease() -> None:
    net = Network()
    leader = net.elect()
    net.isolate(leader)
    net.run(net.options.lease_ns)
    for other in net.names:
        if other != leader:
            net.say(other, leader, AppendAnswer(term=net.raft(leader).term, ok=True, match=1, round=HIGHEST))
    assert not net.raft(leader).lease_valid(net.now)


def test_a_peer_that_wants_a_snapshot_from_behind_its_end() -> None:
    net = Network(options=RaftOptions(snapshot_threshold=5, trailing_logs=1))
    leader = net.elect()
    away = next(n for n in net.names if n != leader)
    net.crash(away)
    for number in range(12):
        net.propose(leader, *(b"%d" % (10 * number + i) for i in range(4)))
        net.run(100 * MS)
    net.start(away)
    net.run_until(lambda: any(p.snapshot for p in net.raft(leader)._leading.peers.values()))
    raft = net.raft(leader)
    assert raft.snapshot
    net.say(away, leader, SnapshotAnswer(term=raft.term, index=raft.snapshot.index, offset=10**6))
    assert net.counters["raft_refused_offset"] == 1
    net.run_until(net.settled)


def test_what_comes_in_the_own_name_is_refused() -> None:
    net = Network()
    leader = net.elect()
    before = state(net, leader)
    net.say(leader, leader, append(net.raft(leader).term))
    assert state(net, leader) == before
    assert net.counters["raft_refused_own_name"] == 1


def test_an_entry_that_could_not_be_applied_is_refused_if_somebody_can_tell() -> None:
    net = alone()
    net.raft("n1").fault = lambda data: "it is junk" if data == b"junk" else ""
    before = state(net, "n1")
    net.say("n2", "n1", append(5, packed(5, 0, b"fine"), packed(5, 0, b"junk")))
    assert state(net, "n1") == before
    assert net.counters["raft_refused_entry_data"] == 1
    net.say("n2", "n1", append(5, packed(5, 0, b"fine")))
    assert net.raft("n1").last_index == 2


def test_a_snapshot_that_could_never_be_restored_is_not_taken_over_and_not_fetched_again() -> None:
    net = alone()
    net.judge.after_turn = lambda *_: None  # type: ignore[method-assign]
    net.raft("n1").believes = lambda snapshot: "it is junk"
    for _ in range(3):
        net.say("n2", "n1", install())
    assert (net.raft("n1").snapshot, net.raft("n1").incoming, net.raft("n1").commit_index) == (None, None, 0)
    assert net.counters["raft_refused_snapshot_data"] == 3
    net.raft("n1").believes = lambda snapshot: ""
    data = b"[]"
    net.say("n2", "n1", install(size=len(data), checksum=crc32(data), data=data))
    assert net.raft("n1").snapshot is not None


# -- whatever is said -------------------------------------------------------------------------------------------------

ODD = st.sampled_from([0, 1, 2, 3, 4, 7, 99, FARTHEST, FARTHEST + 9, 2**32, HIGHEST - 1, HIGHEST])
ENTRY = st.builds(packed, ODD, st.integers(0, 4), st.sampled_from([b"", b"x", b"\x90", SERVERS]))


def odd(kind: type[Message]) -> st.SearchStrategy[Message]:
    numbers = {name: ODD for name, field in kind.model_fields.items() if field.annotation is int and name != "checksum"}
    flags = {name: st.booleans() for name, field in kind.model_fields.items() if field.annotation is bool}
    more: dict[str, st.SearchStrategy[object]] = {}
    if kind is AppendEntries:
        more = {"leader": st.just("n2"), "entries": st.lists(ENTRY, max_size=3).map(tuple)}
    elif kind is InstallSnapshot:
        some = st.sampled_from([b"", SERVERS])
        more = {"leader": st.just("n2"), "configuration": some, "data": st.sampled_from([b"", b"[]"])}
        more["checksum"] = st.sampled_from([0, crc32(b"[]")])
    return st.builds(kind, **numbers, **flags, **more)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["n2", "n3", "n9"]),
            st.one_of(*map(odd, (AppendAnswer, SnapshotAnswer, RequestVote, Vote, TimeoutNow))),
        ),
        max_size=12,
    )
)
def test_whatever_is_answered_or_asked_nothing_raises_and_the_cluster_goes_on(said: list[tuple[str, Message]]) -> None:
    """What a leader says is apart: who lies in a leader's name writes the log."""
    net = Network(3, 1)
    net.judge.sent = lambda *_: None  # type: ignore[method-assign]
    net.elect()
    for source, message in said:
        for name in net.names:
            if name != source:
                net.say(source, name, message)
        net.run(5 * MS)
    net.run_until(net.settled, at_most=60 * SECOND)
    leader = net.leader()
    net.propose(leader, b"after")
    net.run_until(lambda: all(net.commands(name)[-1:] == [b"after"] for name in net.names))


@given(st.lists(st.one_of(odd(AppendEntries), odd(InstallSnapshot)), max_size=8))
def test_whatever_a_leader_says_a_follower_that_has_applied_nothing_does_not_raise(said: list[Message]) -> None:
    net = Network(3, 1, bootstrap=False)
    net.judge.after_turn = lambda *_: None  # type: ignore[method-assign]
    for name in ("n2", "n3"):
        net.crash(name)
    for message in said:
        if getattr(message, "commit", 0):
            message = message.model_copy(update={"commit": 0})
        if net.raft("n1").commit_index == 0:
            net.say("n2", "n1", message)
        net.run(5 * MS)


@given(st.binary(max_size=60))
def test_no_bytes_make_reading_a_configuration_raise(data: bytes) -> None:
    read_configuration(data)
    read_configuration(SERVERS[:-1] + data)
