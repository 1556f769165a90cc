from collections import Counter

from lictor_actors.swim.broadcasts import Broadcasts, Rank

PLENTY = 1 << 20


def test_a_newer_update_about_the_same_subject_replaces_the_queued_one():
    queue = Broadcasts(10)
    queue.put("a", b"old")
    queue.take(5, PLENTY)
    queue.put("a", b"new")
    assert [queue.take(2, PLENTY) for _ in range(3)] == [(b"new",), (b"new",), ()]


def test_an_update_leaves_after_its_last_transmit():
    queue = Broadcasts(10)
    queue.put("a", b"1")
    queue.take(3, PLENTY)
    queue.put("b", b"2")
    assert [queue.take(3, PLENTY) for _ in range(4)] == [(b"1", b"2"), (b"1", b"2"), (b"2",), ()]


def test_when_not_all_fit_the_least_sent_go_first_then_those_that_came_last():
    queue = Broadcasts(10)
    queue.put("sent", b"ssss")
    queue.take(9, PLENTY)
    queue.put("older", b"oo")
    queue.put("newer", b"nn")
    assert queue.take(9, 5) == (b"nn", b"oo")
    assert queue.take(9, 4) == (b"oo", b"nn")
    assert queue.take(3, 8) == (b"oo", b"nn", b"ssss")


def test_all_of_a_long_queue_are_sent_equally_often():
    queue = Broadcasts(1000)
    for n in range(1000):
        queue.put(f"n{n}", b"%03d" % n)
    sent = Counter(data for _ in range(50) for data in queue.take(9, 60))
    assert len(sent) == 1000
    assert set(sent.values()) == {1}


def test_membership_goes_before_queries_and_these_before_user_events():
    queue = Broadcasts(10)
    queue.put("event", b"eeee", Rank.EVENT)
    queue.put("query", b"qqq", Rank.QUERY)
    queue.put("node", b"n")
    assert queue.take(9, 4) == (b"n", b"qqq")
    assert queue.take(9, 3) == (b"n",)


def test_a_full_queue_says_that_it_has_dropped_its_oldest():
    queue = Broadcasts(2)
    assert queue.put("a", b"a")
    assert queue.put("b", b"b")
    assert queue.put("b", b"c")
    assert not queue.put("c", b"c")
    assert "a" not in queue


def test_what_does_not_fit_leaves_room_for_smaller_ones():
    queue = Broadcasts(10)
    queue.put("big", b"b" * 10)
    queue.put("small", b"s")
    assert queue.take(9, 5) == (b"s",)


def test_the_bound_holds_at_every_put():
    queue = Broadcasts(3)
    for n in range(1000):
        queue.put(f"n{n}", b"%d" % n)
        assert len(queue) <= 3
    assert queue.take(1, PLENTY) == (b"997", b"998", b"999")


def test_bytes_are_counted_down_when_updates_leave():
    queue = Broadcasts(10)
    for _ in range(100):
        queue.put("same", b"x" * 100)
    queue.put("other", b"y")
    assert len(queue.take(9, 101)) == 2
