"""What a power cut leaves of one unsynced write: each fate comes, and none that no disk could have brought about."""

from random import Random

from lictor_actors.journal.torn import SECTOR, Change, surviving

OFFSET = 700
DATA = bytes(number % 251 for number in range(2000))
END = OFFSET + len(DATA)
SEEDS = 800


def fates(offset: int, data: bytes | None) -> list[list[Change]]:
    return [list(surviving(offset, data, Random(seed))) for seed in range(SEEDS)]


def test_what_survives_is_what_was_written_there() -> None:
    for left in fates(OFFSET, DATA):
        for at, piece in left:
            assert piece
            assert piece == DATA[at - OFFSET :][: len(piece)]


def test_nothing_and_everything_survive_a_quarter_of_the_time_each() -> None:
    all_fates = fates(OFFSET, DATA)
    for extreme in ([], [(OFFSET, DATA)]):
        assert 0.2 < all_fates.count(extreme) / SEEDS < 0.35


def test_a_beginning_may_end_anywhere_also_within_a_sector() -> None:
    beginnings = {
        len(left[0][1] or b"") for left in fates(OFFSET, DATA) if len(left) == 1 and left[0] != (OFFSET, DATA)
    }
    assert len([size for size in beginnings if (OFFSET + size) % SECTOR]) > 100
    assert min(beginnings) < SECTOR < len(DATA) - SECTOR < max(beginnings)


def test_sectors_survive_whole_or_not_at_all_and_in_any_choice() -> None:
    borders = {OFFSET, *range(OFFSET - OFFSET % SECTOR + SECTOR, END, SECTOR), END}
    choices = set()
    for left in fates(OFFSET, DATA):
        places = [(at, at + len(piece or b"")) for at, piece in left]
        if len(places) > 1 or (places and places[0][0] > OFFSET):
            assert all({start, end} <= borders and end - start <= SECTOR for start, end in places)
            choices.add(tuple(start for start, _ in places))
    # All but none at all and the first alone, which looks like a beginning.
    assert len(choices) == 2 ** (len(borders) - 1) - 2


def test_a_change_of_size_is_made_or_not() -> None:
    all_fates = fates(OFFSET, None)
    assert [] in all_fates
    assert [(OFFSET, None)] in all_fates
    assert all(left in ([], [(OFFSET, None)]) for left in all_fates)


def test_of_a_single_byte_there_is_no_half() -> None:
    assert all(left in ([], [(7, b"x")]) for left in fates(7, b"x"))
