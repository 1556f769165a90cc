"""Addresses that ask DNS by UDP: beyond a rate they get no records, and only so many of them are remembered."""

import pytest

from lictor_actors.roles.dns.source_rates import BURST, RATE, SOURCES_MOST, SourceRates

SECOND = 1_000_000_000


def test_beyond_its_rate_an_address_gets_no_records_and_others_do():
    rates = SourceRates()
    assert all(rates.admit("10.0.0.1", 0) for _ in range(BURST))
    assert not rates.admit("10.0.0.1", 0)
    assert rates.admit("10.0.0.2", 0)
    assert sum(rates.admit("10.0.0.1", SECOND) for _ in range(2 * RATE)) == RATE


@pytest.mark.slow
def test_addresses_without_number_are_not_remembered_without_end():
    rates = SourceRates()
    for number in range(SOURCES_MOST + 1000):
        rates.admit(f"10.1.{number >> 8}.{number & 255}", 0)
    assert len(rates) == SOURCES_MOST


def test_this_machine_is_not_limited():
    rates = SourceRates()
    assert all(rates.admit(here, 0) for here in ("127.0.0.1", "::1") for _ in range(BURST + 1))
    assert len(rates) == 0
