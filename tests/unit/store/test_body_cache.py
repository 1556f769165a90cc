"""Bodies are good for one version of their query, and bounded in bytes."""

from __future__ import annotations

from lictor_actors.store.body_cache import OVERHEAD, Body, BodyCache
from lictor_messages.catalog import ListServiceHealth
from lictor_messages.kv import GetKey


def body(version=5, size=100):
    return Body(version=version, index=version, body=b"x" * size, found=True)


def test_a_body_is_found_by_the_question_whatever_the_wait_and_the_consistency():
    cache = BodyCache(10_000)
    cache.put(GetKey(key="a", min_index=3, wait_ns=9), body())
    assert cache.get(GetKey(key="a", consistency="stale", rendered=True), 5) == body()
    assert cache.get(GetKey(key="b"), 5) is None
    assert (cache.hits, cache.misses) == (1, 1)


def test_another_version_another_filter_or_another_flag_is_a_miss():
    cache = BodyCache(10_000)
    cache.put(ListServiceHealth(service="web"), body())
    assert cache.get(ListServiceHealth(service="web"), 6) is None
    assert cache.get(ListServiceHealth(service="web", passing=True), 5) is None
    assert cache.get(ListServiceHealth(service="web", filter="Node.Node == a"), 5) is None


def test_bodies_used_longest_ago_make_room():
    cache = BodyCache(3 * (100 + OVERHEAD))
    for key in "abc":
        cache.put(GetKey(key=key), body())
    cache.get(GetKey(key="a"), 5)
    cache.put(GetKey(key="d"), body())
    assert [key for key in "abcd" if cache.get(GetKey(key=key), 5)] == ["a", "c", "d"]
    assert cache.bytes == 3 * (100 + OVERHEAD)


def test_a_newer_body_replaces_the_older_one_and_its_bytes():
    cache = BodyCache(10_000)
    cache.put(GetKey(key="a"), body(5, 1000))
    cache.put(GetKey(key="a"), body(6, 10))
    assert cache.bytes == 10 + OVERHEAD
    assert cache.get(GetKey(key="a"), 6) == body(6, 10)


def test_a_body_that_would_not_fit_is_not_kept():
    cache = BodyCache(1000)
    cache.put(GetKey(key="small"), body())
    cache.put(GetKey(key="big"), body(size=5000))
    assert cache.get(GetKey(key="big"), 5) is None
    assert cache.get(GetKey(key="small"), 5) is not None


def test_clear_forgets_everything():
    cache = BodyCache(1000)
    cache.put(GetKey(key="a"), body())
    cache.clear()
    assert cache.get(GetKey(key="a"), 5) is None
    assert cache.bytes == 0
