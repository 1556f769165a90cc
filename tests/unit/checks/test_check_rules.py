"""What checks an agent takes: each rule by the first that it breaks, in Consul's words, and what is filled in."""

from __future__ import annotations

import pytest

from lictor_actors.checks.every import KINDS
from lictor_actors.checks.rules import check_refused, complete_check, service_refused
from lictor_actors.checks.script import OFF, OFF_FOR_CALLS, allowed, script_refused
from lictor_actors.checks.thresholds import Thresholds
from lictor_messages.agent import PROBED, CheckSpec, RegisterService
from lictor_messages.catalog import ServiceRecord

SECOND = 1_000_000_000
PROBES = {kind: {field: ("x",) if field == "args" else "x"} for kind, field in PROBED.items()}
SCRIPT = CheckSpec(name="s", args=("true",), interval_ns=SECOND)


def check(**fields: object) -> CheckSpec:
    return CheckSpec.model_validate({"name": "c", **fields})


@pytest.mark.parametrize("kind", PROBED)
def test_what_is_run_needs_an_interval(kind: str) -> None:
    refused = check_refused(check(**PROBES[kind]))
    assert refused is not None
    assert refused.words == "Invalid check: Interval must be > 0 for Script, HTTP, or TCP checks"
    assert check_refused(check(**PROBES[kind], interval_ns=1)) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ttl_ns": 1, "interval_ns": 1}, "Interval and TTL cannot both be specified"),
        ({"alias_service": "a", "tcp": "x", "interval_ns": 1}, "Interval cannot be set for Alias checks"),
        ({"alias_node": "a", "ttl_ns": 1}, "TTL must be not be set for Alias checks"),
        ({}, "TTL must be > 0 for TTL checks"),
        ({"ttl_ns": 1, "output_max_size": -1}, "MaxOutputMaxSize must be positive"),
        (
            {"tcp": "x", "interval_ns": 1, "failures_before_warning": 3, "failures_before_critical": 2},
            "FailuresBeforeWarning can't be higher than FailuresBeforeCritical",
        ),
    ],
)
def test_rules_are_broken_in_consuls_words(fields: dict[str, object], words: str) -> None:
    refused = check_refused(check(**fields))
    of_service = service_refused(
        RegisterService(service=ServiceRecord(node="", id="", service="w"), checks=(check(**fields),))
    )
    assert refused is not None
    assert refused.words == f"Invalid check: {words}"
    assert of_service == refused


@pytest.mark.parametrize(("fields", "kind"), [({"alias_node": "n"}, "alias"), ({"alias_service": "s"}, "alias")])
def test_an_alias_needs_nothing_else(fields: dict[str, object], kind: str) -> None:
    assert check_refused(check(**fields)) is None
    assert check(**fields).type == kind


@pytest.mark.parametrize("kind", PROBED)
def test_a_run_has_the_time_of_its_kind_unless_it_says_otherwise(kind: str) -> None:
    assert (
        complete_check(check(**PROBES[kind], interval_ns=1), 7).timeout_ns == (30 if kind == "script" else 10) * SECOND
    )
    assert complete_check(check(**PROBES[kind], interval_ns=1, timeout_ns=5), 7).timeout_ns == 5
    assert KINDS[kind].job(complete_check(check(**PROBES[kind], interval_ns=1), 7), "t")


@pytest.mark.parametrize(("given", "kept"), [(0, 100), (7, 7), (200, 200), (10**9, 65536)])
def test_how_much_output_is_kept(given: int, kept: int) -> None:
    assert complete_check(check(ttl_ns=1, output_max_size=given), 100).output_max_size == kept


@pytest.mark.parametrize(
    ("everywhere", "in_files", "from_files", "words"),
    [
        (False, False, False, OFF_FOR_CALLS),
        (False, False, True, OFF),
        (False, True, False, OFF_FOR_CALLS),
        (False, True, True, ""),
        (True, False, False, ""),
        (True, False, True, ""),
    ],
)
def test_who_may_have_scripts_run(everywhere: bool, in_files: bool, from_files: bool, words: str) -> None:
    refused = script_refused(SCRIPT, allowed(everywhere, in_files), from_files=from_files)
    assert (refused.words if refused else "") == words


def test_other_checks_need_no_such_right() -> None:
    assert script_refused(check(tcp="x", interval_ns=1), "no", from_files=False) is None


@pytest.mark.parametrize(
    ("warning", "critical", "made"),
    [
        (0, 0, ["critical", "critical", "critical", "critical"]),
        (0, 3, [None, None, "critical", "critical"]),
        (1, 3, ["warning", "warning", "critical", "critical"]),
        (2, 4, [None, "warning", "warning", "critical"]),
    ],
)
def test_failures_become_a_warning_before_they_become_critical(
    warning: int, critical: int, made: list[str | None]
) -> None:
    thresholds = Thresholds(check(failures_before_warning=warning, failures_before_critical=critical))
    assert [thresholds.judge("critical") for _ in range(4)] == made
    assert thresholds.judge("passing") == "passing"
    assert thresholds.judge("critical") == made[0]
