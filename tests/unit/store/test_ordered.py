"""Keys under a prefix: those that start with it, all of them, in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.store.ordered import Ordered, keys_under

KEYS = st.text("ab\ud7ff\ue000\U0010ffff", max_size=4)


@given(st.sets(KEYS), KEYS)
def test_keys_under_a_prefix_are_those_that_start_with_it(keys: set[str], prefix: str) -> None:
    table: Ordered[str, int] = Ordered(dict.fromkeys(keys, 0))
    assert list(keys_under(table, prefix)) == sorted(key for key in keys if key.startswith(prefix))
