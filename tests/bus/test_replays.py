"""A frame is heard once, also after a restart and with a memory that is full."""

from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.bus.replays import SKEW_NS, WINDOW, Replays

S = 1_000_000_000
NOON = 1_700_000_000 * S


def hears(memory: Replays, number: int, at: int, life: bytes = b"a", *, wall: int = 0) -> str:
    """Heard as soon as it is sent, ``at`` seconds after the start of the process, unless ``wall`` says when."""
    heard = wall or at
    return memory.refuses(life, number, NOON + at * S, NOON + heard * S, heard * S)


def test_once():
    memory = Replays(0)
    assert [hears(memory, 1, 1), hears(memory, 1, 1), hears(memory, 2, 2), hears(memory, 1, 1, wall=3)] == [
        "",
        "replayed",
        "",
        "replayed",
    ]


def test_frames_may_overtake_each_other_and_each_is_heard_once():
    memory = Replays(0)
    numbers = [10, 3, 7, 9, 1]
    assert [hears(memory, n, 1) for n in numbers] == [""] * 5
    assert {hears(memory, n, 1) for n in numbers} == {"replayed"}


def test_what_is_older_than_all_that_is_remembered_counts_as_heard():
    memory = Replays(0)
    for number in range(100, 101 + WINDOW):
        assert not hears(memory, number, 1)
    assert hears(memory, 99, 1) == "replayed"
    assert hears(memory, 100, 1) == "replayed"


def test_after_a_restart_nothing_of_before_is_heard_even_if_its_life_speaks_again():
    again = Replays(10 * S)
    assert hears(again, 5, 9, wall=11) == "before_start"
    assert hears(again, 20, 12) == ""
    assert hears(again, 5, 9, wall=13) == "before_start"


def test_a_life_that_was_forgotten_stays_heard():
    memory = Replays(0, lives_most=2)
    for at, life in enumerate((b"a", b"b", b"c"), 1):
        assert not hears(memory, 1, at, life)
    assert hears(memory, 1, 1, b"a", wall=5) == "forgotten"
    assert hears(memory, 2, 6, b"a") == ""  # it is alive after all
    assert hears(memory, 1, 1, b"a", wall=7) == "forgotten"


def test_lives_are_forgotten_when_nothing_of_them_can_be_heard():
    memory = Replays(0)
    assert not hears(memory, 1, 1, b"a")
    later = 1 + SKEW_NS // S + 1
    assert not hears(memory, 1, later, b"b")
    assert len(memory._lives) == 1
    assert hears(memory, 1, 1, b"a", wall=later) == "clock"


def test_clocks_that_are_too_far_apart():
    memory, far = Replays(0), SKEW_NS // S + 1
    assert hears(memory, 1, far + 5, wall=2) == "clock"
    assert hears(memory, 1, 5, wall=far + 10) == "clock"


def test_a_clock_that_is_set_back_lets_nothing_in():
    memory = Replays(0)
    assert not memory.refuses(b"a", 1, NOON + 100 * S, NOON + 100 * S, 100 * S)
    # Five minutes back, half a second later.
    assert memory.refuses(b"a", 1, NOON + 100 * S, NOON - 200 * S, 100 * S + S // 2) == "replayed"
    assert memory.refuses(b"a", 2, NOON - 200 * S, NOON - 200 * S, 101 * S) == ""


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.integers(1, 40), st.integers(0, 30)), max_size=80))
def test_no_history_lets_a_frame_in_twice(history):
    """Frames of three lives, each with its number and how many seconds late it comes, in a memory for two of them."""
    memory, heard = Replays(0, lives_most=2), set()
    for now, (life, number, late) in enumerate(history, 1):
        if not memory.refuses(life, number, NOON + max(0, now - late) * S, NOON + now * S, now * S):
            # A life gives each number one stamp.
            assert (life, number, max(0, now - late)) not in heard
            heard.add((life, number, max(0, now - late)))
