"""What an alias check makes of the checks that it looks at."""

from __future__ import annotations

import pytest

from lictor_actors.checks.alias import needs_service, verdict
from lictor_messages.agent import CheckSpec
from lictor_messages.catalog import CheckRecord

ALIAS = CheckSpec(id="me", name="me", alias_service="web")


def check(check_id: str, status: str, service: str = "web", **more: str) -> CheckRecord:
    fields = {
        "node": "n",
        "check_id": check_id,
        "name": check_id,
        "status": status,
        "service_id": service,
        "output": "o",
    }
    return CheckRecord.model_validate(fields | more)


@pytest.mark.parametrize(
    ("records", "status", "output"),
    [
        ([], "passing", "No checks found."),
        ([check("other", "critical", "db")], "passing", "No checks found."),
        ([check("me", "critical", "")], "passing", "No checks found."),
        ([check("a", "passing")], "passing", "All checks passing."),
        ([check("a", "warning"), check("b", "warning")], "warning", 'Aliased check "b" failing: o'),
        ([check("a", "warning"), check("b", "critical")], "critical", 'Aliased check "b" failing: o'),
        ([check("a", "critical"), check("b", "critical")], "critical", 'Aliased check "a" failing: o'),
        ([check("a", "passing"), check("disk", "critical", "")], "critical", 'Aliased check "disk" failing: o'),
        ([check("a", "critical", type="alias", output="said")], "critical", "said"),
    ],
)
def test_the_worst_counts(records: list[CheckRecord], status: str, output: str) -> None:
    assert verdict(ALIAS, records) == (status, output)


def test_a_service_of_which_no_check_tells_is_looked_for() -> None:
    assert needs_service(ALIAS, [check("disk", "passing", "")])
    assert not needs_service(ALIAS, [check("a", "passing")])
    assert not needs_service(CheckSpec(id="me", alias_node="n"), [])
