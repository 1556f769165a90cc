"""Every verb: what it becomes, that it heals, how faults compose, and what a level cannot do."""

from __future__ import annotations

from itertools import pairwise, permutations
from random import Random
from typing import Any

import pytest

from lictor_actors.bus.held import HeldMail
from lictor_actors.bus.rules import Rules
from lictor_actors.faults import VERBS, Chance, FaultBook, NodeView, UnsupportedFault, make, resolve
from lictor_actors.faults.selectors import roles_of
from lictor_actors.node.in_world import cluster_specs
from lictor_actors.node.tree import tree
from lictor_messages.envelope import Envelope
from lictor_messages.faults import FaultRule, HandleActor, SetRules
from lictor_messages.kv import GetKey, PutKey

NODES = [NodeView(f"server-{n}.dc1", server=True, leader=n == 2) for n in range(1, 6)]
NODES += [NodeView(f"agent-{n}.dc1") for n in range(1, 21)]
EXAMPLES: dict[str, dict[str, Any]] = {
    "partition": {"groups": ["minority"]},
    "bridge": {"node": "leader"},
    "delay": {"jitter": "20ms"},
    "bandwidth": {"rate": 1000},
    "skew": {"by": "2s"},
    "drift": {"rate": 1.01},
    "jump": {"by": "-2s"},
}
SECOND = 1_000_000_000


@pytest.fixture
def book() -> FaultBook:
    return FaultBook(lambda: NODES, "world", Random(7))


def said(verb: str) -> dict[str, Any]:
    nodes = {"nodes": "one(servers)"} if "nodes" in VERBS[verb].model_fields else {}
    return nodes | EXAMPLES.get(verb, {})


def mail(source: str = "agent@agent-1.dc1", target: str = "server@server-1.dc1", put: bool = False) -> Envelope:
    return Envelope(source, target, PutKey(key="k", value=b"v" * 100) if put else GetKey(key="k"), request="r")


def verdict(rules: tuple[FaultRule, ...], e: Envelope | None = None, now: int = 0) -> Any:
    return Rules(rules).judge(e or mail(), Random(1), now)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_written_down_with_whom_it_hits_and_leaves_nothing_behind(book: FaultBook, verb: str) -> None:
    fault = book.inject(make(verb, **said(verb)))
    assert fault.what.startswith(f"{verb} ")
    assert "server-" in fault.what or "all > all" in fault.what
    healed = book.heal(fault.id)
    assert (healed is not None) == fault.holds
    assert (book.in_force, book.faults) == (SetRules(rules=()), {})


@pytest.mark.parametrize("verb", VERBS)
def test_a_lone_agent_says_why_it_cannot_do_a_verb_and_the_other_levels_do_it(verb: str) -> None:
    FaultBook(lambda: NODES, "live").inject(make(verb, **said(verb)))
    alone = FaultBook(lambda: NODES, "agent")
    if VERBS[verb].not_alone:
        with pytest.raises(UnsupportedFault, match=f"{verb} cannot be done on an agent of its own: .*lictor dev"):
            alone.inject(make(verb, **said(verb)))
        assert alone.faults == {}
    else:
        alone.inject(make(verb, **said(verb)))


# -- composition -------------------------------------------------------------------------------------


def test_two_delays_add_and_a_partition_beats_them_in_every_order(book: FaultBook) -> None:
    verbs = [
        make("delay", latency="80ms"),
        make("delay", latency="20ms", to="servers"),
        make("duplicate", probability=1.0),
        make("hold"),
        make("partition", groups=["server-1"]),
    ]
    for order in permutations(verbs):
        held = [book.inject(verb) for verb in order]
        assert verdict(book.in_force.rules).copies == 0
        book.heal(next(fault.id for fault in held if fault.verb == "partition"))
        now = verdict(book.in_force.rules)
        assert (now.copies, now.delay_ns, len(now.held)) == (2, 100_000_000, 1)
        for fault in held:
            book.heal(fault.id)


def test_healing_one_of_two_pauses_leaves_the_other(book: FaultBook) -> None:
    node = book.inject(make("pause", nodes="agent-1"))
    actor = book.inject(make("pause", nodes="prober@agent-1"))
    narrow = book.heal(actor.id)
    assert narrow is not None
    assert narrow.undo == ()
    book.inject(make("pause", nodes="prober@agent-1"))
    wide = book.heal(node.id)
    assert wide is not None
    assert [(verb.verb, verb.role) for verb in wide.undo] == [("resume", ""), ("pause", "prober")]


def test_a_node_that_is_down_for_two_reasons_stays_down_until_both_heal(book: FaultBook) -> None:
    first, second = book.inject(make("kill", nodes="agent-1")), book.inject(make("stop", nodes="agent-1"))
    healed = book.heal(first.id)
    assert healed is not None
    assert healed.undo == ()
    healed = book.heal(second.id)
    assert healed is not None
    assert healed.undo == (HandleActor(verb="restart", node="agent-1.dc1"),)


# -- rules -------------------------------------------------------------------------------------------


def test_direction_is_seen_from_whom_the_fault_names(book: FaultBook) -> None:
    out, back = mail(), mail("server@server-1.dc1", "agent@agent-1.dc1")
    for direction, expected in (("to", (0, 1)), ("from", (1, 0)), ("both", (0, 0))):
        for verb in (
            make("cut", sources="agent-1", targets="server-1", direction=direction),
            make("isolate", nodes="agent-1", direction=direction),
            make("isolate", nodes="agent@agent-1", direction=direction),
            make("partition", groups=["agent-1", "servers"], direction=direction),
        ):
            fault = book.inject(verb)
            assert (verdict(book.in_force.rules, out).copies, verdict(book.in_force.rules, back).copies) == expected, (
                verb
            )
            book.heal(fault.id)


def test_match_takes_names_and_globs(book: FaultBook) -> None:
    book.inject(make("isolate", nodes="agent-1", match=["kv.put*", "raft.*"]))
    assert verdict(book.in_force.rules, mail(put=True)).copies == 0
    assert verdict(book.in_force.rules, mail()).copies == 1


def test_a_bridge_hears_both_halves_and_they_hear_each_other_no_more(book: FaultBook) -> None:
    book.inject(make("bridge", node="server-2"))
    assert verdict(book.in_force.rules, mail("server@server-2.dc1", "server@server-1.dc1")).copies == 1
    assert verdict(book.in_force.rules, mail("server@server-2.dc1", "server@server-3.dc1")).copies == 1
    assert verdict(book.in_force.rules, mail("server@server-1.dc1", "server@server-3.dc1")).copies == 0
    assert verdict(book.in_force.rules, mail("server@server-1.dc1", "server@server-4.dc1")).copies == 1


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_correlated_loss_hits_the_same_share_in_longer_bursts(correlation: float) -> None:
    rule = FaultRule(id="f", effect="drop", probability=0.2, correlation=correlation)
    rules, rng = Rules([rule]), Random(3)
    lost = [rules.judge(mail(), rng, 0).copies == 0 for _ in range(40_000)]
    bursts = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert sum(lost) / len(lost) == pytest.approx(0.2, abs=0.03)
    assert sum(lost) / bursts == pytest.approx(1 / ((1 - 0.2) * (1 - correlation)), rel=0.1)


def test_correlated_jitter_wanders_and_plain_jitter_leaps() -> None:
    def leaps(correlation: float) -> float:
        rule = FaultRule(id="f", effect="delay", jitter_ns=SECOND, correlation=correlation)
        rules, rng = Rules([rule]), Random(3)
        drawn = [rules.judge(mail(), rng, 0).delay_ns for _ in range(2000)]
        return sum(abs(a - b) for a, b in pairwise(drawn)) / len(drawn)

    assert leaps(0.9) < leaps(0.0) / 3


def test_bandwidth_puts_messages_in_line_link_by_link_and_drops_what_waits_too_long() -> None:
    rules = Rules([FaultRule(id="f", effect="bandwidth", bytes_per_s=1000)])
    waits = [rules.judge(mail(put=True), Random(1), 0).delay_ns for _ in range(3)]
    assert waits[0] > 0
    assert waits[1] - waits[0] == pytest.approx(waits[0], rel=0.01)
    assert rules.judge(mail("agent@agent-2.dc1", put=True), Random(1), 0).delay_ns == waits[0]
    assert rules.judge(mail(put=True), Random(1), 60 * SECOND).delay_ns == waits[0]
    verdicts = [rules.judge(mail(put=True), Random(1), 60 * SECOND) for _ in range(100)]
    assert verdicts[-1].copies == 0
    assert max(one.delay_ns for one in verdicts) <= 5 * SECOND


def test_what_a_link_knows_outlives_another_fault() -> None:
    slow = FaultRule(id="f1", effect="bandwidth", bytes_per_s=1000)
    rules = Rules([slow])
    first = rules.judge(mail(), Random(1), 0).delay_ns
    both = Rules([slow, FaultRule(id="f2", effect="delay", delay_ns=1)], rules)
    assert both.judge(mail(), Random(1), 0).delay_ns > first + 1


def test_held_messages_go_on_in_their_order_when_nothing_holds_them() -> None:
    one, two = (FaultRule(id=name, effect="hold") for name in ("f1", "f2"))
    held: HeldMail[str] = HeldMail()
    held.put(("f1", "f2"), "a")
    held.put(("f1",), "b")
    held.put(("f2",), "c")
    gone: list[str] = []
    held.release(Rules([two]), gone.append)
    assert gone == ["b"]
    held.put(("f2",), "d")
    held.release(Rules([]), gone.append)
    assert gone == ["b", "a", "c", "d"]
    assert len(held) == 0
    assert verdict((one, two)).held == ("f1", "f2")


# -- selectors that draw -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selector", "count", "among"),
    [
        ("one(servers)", 1, "server"),
        ("follower", 1, "server"),
        ("3 of agents", 3, "agent"),
        ("percent(25, agents)", 5, "agent"),
        ("percent(1,agents)", 1, "agent"),
        ("percent(100)", 25, ""),
        ("prober@one(agents)", 1, "prober@agent"),
    ],
)
def test_draws_name_so_many_and_the_seed_decides(selector: str, count: int, among: str) -> None:
    drawn = [resolve(selector, NODES, Chance(Random(seed))) for seed in range(30)]
    assert {len(names) for names in drawn} == {count}
    assert all(name.startswith(among) for names in drawn for name in names)
    assert drawn == [resolve(selector, NODES, Chance(Random(seed))) for seed in range(30)]
    assert len(set(drawn)) > 1 or count == 25
    assert selector != "follower" or all("server-2.dc1" not in names for names in drawn)


def test_next_takes_turns() -> None:
    chance = Chance(Random(1))
    assert [resolve("next(servers)", NODES, chance)[0][7] for _ in range(7)] == list("1234512")


@pytest.mark.parametrize("selector", ["one(nobody)", "30 of agents", "percent(20, nobody)", "next(nobody)"])
def test_a_draw_from_nobody_names_nobody(selector: str) -> None:
    with pytest.raises(LookupError, match="names no node"):
        resolve(selector, NODES)


@pytest.mark.parametrize("share", ["0", "101", "many"])
def test_a_percentage_that_makes_no_sense_is_refused(share: str) -> None:
    with pytest.raises(LookupError, match="percent"):
        resolve(f"percent({share})", NODES)


def test_a_role_is_for_those_that_have_such_an_actor() -> None:
    nodes = [NodeView("server-1.dc1", True, roles=roles_of(True)), NodeView("agent-1.dc1", roles=roles_of(False))]
    assert resolve("server@all", nodes) == ("server@server-1.dc1",)
    with pytest.raises(LookupError, match=r"'probr' is no actor of agent-1.dc1: there are prober, agent"):
        resolve("probr@agents", nodes)


def test_the_roles_of_a_node_are_its_actors() -> None:
    for spec in cluster_specs(1, servers=1, agents=1):
        started = tuple(actor.role for actor in tree(spec))
        assert roles_of(spec.server) == (*started, "checker"), "name them in roles_of, faults/selectors.py"


def test_whom_two_groups_name_belongs_to_the_first(book: FaultBook) -> None:
    fault = book.inject(make("partition", groups=["leader", "servers"]))
    assert fault.writing.rules[0].groups == (("server-2.dc1",), tuple(f"server-{n}.dc1" for n in (1, 3, 4, 5)))


def test_a_group_of_whom_others_have_already_taken_all_is_nobody(book: FaultBook) -> None:
    with pytest.raises(LookupError, match=r"server-2\.dc1 is in an earlier group already"):
        book.inject(make("partition", groups=["servers", "leader"]))


def test_what_a_fault_is_told_as_are_the_words_of_whoever_said_it(book: FaultBook) -> None:
    fault = book.inject(make("delay", sources="leader", latency="80ms", match=["swim.*", "raft.*"], duration="2s"))
    assert fault.what == "delay server-2.dc1 > all duration=2s match=swim.*,raft.* latency=0.08s"
    assert book.inject(make("restart", nodes="leader", wipe=True)).what == "restart server-2.dc1 wipe=true"
    assert book.inject(make("bandwidth", rate=9000)).what == "bandwidth all > all rate=9000"


# -- parameters --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "wrong", "words"),
    [
        ("loss", {"probability": 1.5}, "between 0 and 1"),
        ("delay", {"latency": "-1s"}, "negative"),
        ("delay", {"latency": "soon"}, "invalid duration"),
        ("delay", {"latncy": "1s"}, "did you mean 'latency'"),
        ("isolate", {}, "nodes is missing"),
        ("isolate", {"nodes": []}, "nodes: whom"),
        ("isolate", {"nodes": 3}, "nodes: whom"),
        ("isolate", {"nodes": "leader", "match": "swim.pong"}, "no message is called 'swim.pong': did you mean"),
        ("isolate", {"nodes": "leader", "match": ["raft.*", "x"]}, "no message is called 'x': write it like"),
        ("bandwidth", {"bytes_per_s": 0}, "rate: must be more than 0"),
        ("partition", {"groups": ["prober@leader", "agents"]}, "for nodes, not for an actor"),
        ("cut", {"direction": "up"}, "'to', 'from' or 'both'"),
        ("bandwidth", {"rate": 0}, "more than 0"),
        ("kill", {"nodes": "agent@agent-1"}, "for nodes, not for an actor"),
        ("restart", {"nodes": "agent@agent-1", "wipe": True}, "for nodes, not for an actor"),
        ("bridge", {"node": "servers"}, "a bridge is one node"),
        ("explode", {}, "there is no fault 'explode'"),
    ],
)
def test_what_makes_no_sense_is_a_sentence_and_changes_nothing(
    book: FaultBook, verb: str, wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        book.inject(make(verb, **wrong))
    assert book.faults == {}


def test_times_are_seconds_or_texts() -> None:
    assert make("delay", latency="80ms", jitter=0.02) == make("delay", latency_s=0.08, jitter_s=0.02)
    assert make("kill", nodes="x", restart_after="3s").duration_s == 3.0
