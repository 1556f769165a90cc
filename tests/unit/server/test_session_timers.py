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


def leading(store: Store, at_s: float) -> SessionTimers:
    """A leadership's clock that begins at this second."""
    timers = SessionTimers(store)
    timers.begin(turn(at_s))
    return timers


def led() -> tuple[SessionTimers, Store]:
    """One session with a TTL of ten seconds, led from second 0."""
    store = Store()
    store.apply(1, 1, Register(node=NodeRecord(node="n1", address="10.0.0.1")))
    session = SessionRecord(id=ID, node="n1", ttl="10s", node_checks=())
    assert store.apply(2, 2, CreateSession(session=session)).ok
    store.sessions.take_opened()
    return leading(store, 0), store


def test_a_session_whose_end_was_proposed_cannot_be_renewed_any_more() -> None:
    """Its end may be in the log already: its owner would believe in a session that ends."""
    timers, _ = led()
    assert timers.renew(ID, turn(0.5))
    assert timers.due(turn(20.4)) == []
    assert timers.due(turn(20.5)) == END
    assert not timers.renew(ID, turn(20.6))
    assert timers.due(turn(30.6)) == END


def test_who_is_gone_cannot_be_renewed_and_is_not_ended_again() -> None:
    timers, store = led()
    assert not timers.renew(ID[:-1] + "9", turn(1))
    assert store.apply(3, 3, END[0]).ok
    assert not timers.renew(ID, turn(1))
    moment = turn(20)
    assert timers.due(moment) == []
    assert alarms(moment) == []


def test_nothing_is_kept_of_a_session_that_was_ended() -> None:
    """A leader may end a million of them."""
    timers, store = led()
    assert timers.due(turn(20)) == END
    assert store.apply(3, 3, END[0]).ok
    assert timers.due(turn(30)) == []
    assert (timers._ttls, timers._deadlines, timers._heap, timers._expiring) == ({}, {}, [], {})


def test_a_server_that_leads_again_starts_every_ttl_in_full() -> None:
    timers, store = led()
    assert timers.due(turn(20)) == END
    timers = leading(store, 25)
    assert timers.renew(ID, turn(26))
    assert timers.due(turn(45)) == []
    assert timers.due(turn(46)) == END


def test_a_restored_snapshot_starts_every_ttl_in_full_too() -> None:
    """What was proposed before it is of another state: the session may live on in this one."""
    timers, store = led()
    assert timers.due(turn(20)) == END
    _, restored = led()
    store.become(restored)
    timers.applied([], turn(21))
    assert timers.renew(ID, turn(22))
    assert timers.due(turn(41)) == []
    assert timers.due(turn(42)) == END


def alarms(moment: Turn) -> list[int]:
    return [effect.after for effect in moment.effects if isinstance(effect, SetTimer)]


def test_the_alarm_is_set_when_a_lead_begins_and_cancelled_when_it_ends() -> None:
    _, store = led()
    timers, begun, over = SessionTimers(store), turn(2), turn(3)
    timers.begin(begun)
    assert alarms(begun) == [20 * SECOND]
    timers.end(over)
    assert any(isinstance(effect, CancelTimer) for effect in over.effects)


def test_a_session_that_begins_while_this_server_leads_has_its_own_time() -> None:
    timers, store = led()
    other = SessionRecord(id=ID[:-1] + "2", node="n1", ttl="10s", node_checks=())
    assert store.apply(3, 3, CreateSession(session=other)).ok
    timers.applied(store.sessions.take_opened(), turn(5))
    assert timers.due(turn(20)) == END
    assert timers.due(turn(25)) == [DestroySession(id=other.id)]
