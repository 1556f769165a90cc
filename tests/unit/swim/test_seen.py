from lictor_actors.swim.seen import Seen


def test_what_was_added_is_seen_until_forgotten():
    seen = Seen()
    seen.add(b"a", 10)
    assert b"a" in seen
    seen.forget(b"a")
    assert b"a" not in seen


def test_it_is_bounded_and_keeps_the_recent():
    seen = Seen()
    for n in range(100):
        seen.add(b"%d" % n, 10)
    held = [n for n in range(100) if b"%d" % n in seen]
    assert 10 <= len(held) <= 20
    assert held == list(range(held[0], 100))
