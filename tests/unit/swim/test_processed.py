from lictor_actors.swim.processed import ProcessedUpdates


def test_what_was_added_is_seen_until_forgotten():
    processed = ProcessedUpdates()
    processed.add(hash(b"a"), 10)
    assert list(processed.unseen((b"a", b"b"))) == [b"b"]
    processed.forget(b"a")
    assert list(processed.unseen((b"a", b"b"))) == [b"a", b"b"]


def test_what_is_done_about_one_update_counts_for_the_next():
    processed = ProcessedUpdates()
    processed.add(hash(b"held"), 10)
    weighed = []
    for data in processed.unseen((b"news", b"news", b"held")):
        weighed.append(data)
        processed.add(hash(data), 10)
        processed.forget(b"held")
    assert weighed == [b"news", b"held"]


def test_fresh_are_as_many_as_are_unseen():
    processed = ProcessedUpdates(frozenset({hash(b"shared"), hash(b"anew")}))
    processed.add(hash(b"a"), 10)
    processed.forget(b"anew")
    for updates, fresh in (((b"a", b"shared"), 0), ((b"a", b"b", b"anew", b"b"), 3), ((), 0)):
        assert processed.fresh(updates) == len(list(processed.unseen(updates))) == fresh


def test_it_is_bounded_and_keeps_the_recent():
    processed = ProcessedUpdates()
    everything = [b"%d" % n for n in range(100)]
    for data in everything:
        processed.add(hash(data), 10)
    gone = list(processed.unseen(everything))
    assert 80 <= len(gone) <= 90
    assert gone == everything[: len(gone)]
