"""Go's durations, with figures from the documentation of Go's package time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_messages.durations import go_duration, parse_go_duration

PRINTED = [
    (0, "0s"),
    (1, "1ns"),
    (1_100, "1.1µs"),
    (2_200_000, "2.2ms"),
    (150_000_000, "150ms"),
    (1_000_000_000, "1s"),
    (3_300_000_000, "3.3s"),
    (60_000_000_000, "1m0s"),
    (90_000_000_000, "1m30s"),
    (3_600_000_000_000, "1h0m0s"),
    (15_023_400_000_000, "4h10m23.4s"),
    (-90_000_000_000, "-1m30s"),
    (2**63 - 1, "2562047h47m16.854775807s"),
]


@pytest.mark.parametrize(("ns", "text"), PRINTED)
def test_prints_and_reads_back(ns, text):
    assert go_duration(ns) == text
    assert parse_go_duration(text) == ns


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0", 0),
        ("-0", 0),
        ("1.5h", 5_400_000_000_000),
        ("15.0s", 15_000_000_000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
        ("+5s", 5_000_000_000),
        ("10us", 10_000),
        ("10μs", 10_000),
        ("1h1h", 7_200_000_000_000),
        ("0.3333333333333333333h", 1_200_000_000_000),
        ("-2562047h47m16.854775808s", -(2**63)),
    ],
)
def test_reads_all_that_go_reads(text, ns):
    assert parse_go_duration(text) == ns


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", 'time: invalid duration ""'),
        ("nope", 'time: invalid duration "nope"'),
        ("3", 'time: missing unit in duration "3"'),
        ("1s2", 'time: missing unit in duration "1s2"'),
        ("3x", 'time: unknown unit "x" in duration "3x"'),
        ("-", 'time: invalid duration "-"'),
        (".", 'time: invalid duration "."'),
        ("1 s", 'time: unknown unit " s" in duration "1 s"'),
        ("3000000h", 'time: invalid duration "3000000h"'),
        ("9" * 5000 + "h", f'time: invalid duration "{"9" * 5000}h"'),
        ("2562047h47m16.854775808s", 'time: invalid duration "2562047h47m16.854775808s"'),
        ("٣s", 'time: invalid duration "٣s"'),
    ],
)
def test_refuses_in_go_s_words(text, error):
    with pytest.raises(ValueError, match="time: ") as refused:
        parse_go_duration(text)
    assert str(refused.value) == error


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_every_duration_reads_back(ns):
    assert parse_go_duration(go_duration(ns)) == ns
