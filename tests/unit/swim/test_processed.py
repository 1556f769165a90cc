from lictor_actors.swim.processed import ProcessedUpdates


def test_what_was_added_is_seen_until_forgotten():
    processed = ProcessedUpdates()
    processed.add(b"a", 10)
    assert b"a" in processed
    processed.forget(b"a")
    assert b"a" not in processed


def test_it_is_bounded_and_keeps_the_recent():
    processed = ProcessedUpdates()
    for n in range(100):
        processed.add(b"%d" % n, 10)
    held = [n for n in range(100) if b"%d" % n in processed]
    assert 10 <= len(held) <= 20
    assert held == list(range(held[0], 100))
