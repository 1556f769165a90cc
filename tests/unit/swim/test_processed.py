from lictor_actors.swim.processed import ProcessedUpdates


def test_what_was_added_is_seen_until_forgotten():
    processed = ProcessedUpdates()
    processed.add(hash(b"a"), 10)
    assert processed.unseen((b"a", b"b")) == [b"b"]
    processed.forget(b"a")
    assert processed.unseen((b"a", b"b")) == [b"a", b"b"]


def test_what_is_done_about_one_update_counts_for_the_next():
    processed = ProcessedUpdates()
    processed.add(hash(b"held"), 10)
    weighed = []
    for data in (b"news", b"news", b"held"):
        if data not in processed:
            weighed.append(data)
            processed.add(hash(data), 10)
            processed.forget(b"held")
    assert weighed == [b"news", b"held"]


def test_unseen_are_those_that_none_of_the_generations_and_no_shared_set_holds():
    processed = ProcessedUpdates(frozenset({hash(b"shared"), hash(b"anew")}))
    processed.add(hash(b"a"), 10)
    processed.forget(b"anew")
    for updates, unseen in (((b"a", b"shared"), []), ((b"a", b"b", b"anew"), [b"b", b"anew"]), ((), [])):
        assert processed.unseen(updates) == [data for data in updates if data not in processed] == unseen


def test_it_is_bounded_and_keeps_the_recent():
    processed = ProcessedUpdates()
    everything = [b"%d" % n for n in range(100)]
    for data in everything:
        processed.add(hash(data), 10)
    gone = processed.unseen(everything)
    assert 80 <= len(gone) <= 90
    assert gone == everything[: len(gone)]
