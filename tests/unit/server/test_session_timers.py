"""The leader's clock on sessions, driven by hand."""

from random import Random

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import CancelTimer, SetTimer
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.server.leader.session_timers import SessionTimers
from lictor_actors.store.store import Store
from lictor_messages.catalog import NodeRecord, Register
from lictor_messages.sessions import CreateSession, DestroySession, SessionRecord

SECOND = 1_000_000_000
ID = "5e551011-0000-0000-0000-000000000001"
END = [DestroySession(id=ID)]


def turn(at_s: float) -> Turn:
    rng = Random(1)
    return Turn(Life(Actor(), "server@n1.dc1", rng, rng.randbytes), int(at_s * SECOND), 0, None)


def led() -> tuple[SessionTimers, Store]:
    """One session with a TTL of ten seconds, led from second 0."""
    timers, store = SessionTimers(), Store()
    store.apply(1, 1, Register(node=NodeRecord(node="n1", address="10.0.0.1")))
    session = SessionRecord(id=ID, node="n1", ttl="10s", node_checks=())
    assert store.apply(2, 2, CreateSession(session=session)).ok
    timers.lead(store, turn(0))
    return timers, store


def test_a_session_whose_end_was_proposed_cannot_be_renewed_any_more() -> None:
    """Its end may be in the log already: whoever renewed it would believe in a session that ends."""
    timers, store = led()
    assert timers.renew(store, ID, turn(0.5))
    assert timers.due(store, turn(20.4)) == []
    assert timers.due(store, turn(20.5)) == END
    assert not timers.renew(store, ID, turn(20.6))
    assert timers.due(store, turn(30.6)) == END


def test_who_is_gone_cannot_be_renewed_and_is_not_ended_again() -> None:
    timers, store = led()
    assert not timers.renew(store, ID[:-1] + "9", turn(1))
    assert store.apply(3, 3, END[0]).ok
    assert not timers.renew(store, ID, turn(1))
    moment = turn(20)
    assert timers.due(store, moment) == []
    assert alarms(moment) == []


def test_nothing_is_kept_of_a_session_that_was_ended() -> None:
    """A leader may end a million of them."""
    timers, store = led()
    assert timers.due(store, turn(20)) == END
    assert store.apply(3, 3, END[0]).ok
    assert timers.due(store, turn(30)) == []
    assert (timers._ttls, timers._deadlines, timers._heap, timers._expiring) == ({}, {}, [], {})


def test_whoever_leads_again_starts_every_ttl_in_full() -> None:
    timers, store = led()
    assert timers.due(store, turn(20)) == END
    timers.resign(turn(21))
    timers.lead(store, turn(25))
    assert timers.renew(store, ID, turn(26))
    assert timers.due(store, turn(45)) == []
    assert timers.due(store, turn(46)) == END


def test_a_restored_snapshot_starts_every_ttl_in_full_too() -> None:
    """What was proposed before it is of another state: the session may live on in this one."""
    timers, store = led()
    assert timers.due(store, turn(20)) == END
    _, restored = led()
    store.become(restored)
    timers.applied(store, turn(21))
    assert timers.renew(store, ID, turn(22))
    assert timers.due(store, turn(41)) == []
    assert timers.due(store, turn(42)) == END


def alarms(moment: Turn) -> list[int]:
    return [effect.after for effect in moment.effects if isinstance(effect, SetTimer)]


def test_each_lead_sets_the_alarm_however_soon_the_last_one_was_to_ring() -> None:
    """An alarm that is only remembered, and later than nothing that is due, would never be set again."""
    timers, store = led()
    resigning = turn(1)
    timers.resign(resigning)
    assert any(isinstance(effect, CancelTimer) for effect in resigning.effects)
    leading = turn(2)
    timers.lead(store, leading)
    assert alarms(leading) == [20 * SECOND]


def test_who_leads_no_more_ends_nothing_and_starts_no_clock() -> None:
    timers, store = led()
    timers.resign(turn(1))
    assert timers.due(store, turn(20)) == []
    other = SessionRecord(id=ID[:-1] + "2", node="n1", ttl="10s", node_checks=())
    assert store.apply(3, 3, CreateSession(session=other)).ok
    following = turn(21)
    timers.applied(store, following)
    assert alarms(following) == []
    assert not store.sessions.take_opened(), "news that nobody takes would pile up"
    leading = turn(30)
    timers.lead(store, leading)
    assert timers.due(store, turn(50)) == [*END, DestroySession(id=other.id)]
