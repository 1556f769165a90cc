"""Random binding rules and random JWTs, judged by what the rules mean; and bugs that the judge must find."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from acl_cluster import ROOT, Cluster

from lictor_actors.judges.logins import Condition, LoginsJudge, RuleMeant
from lictor_actors.roles.server.leader import jwt_claims
from lictor_actors.store.families.acl.table import AclTable
from lictor_actors.store.families.auth_methods import binding, table
from lictor_actors.swarm.patch import Patch, planted

METHOD = {
    "Name": "ci",
    "Type": "jwt",
    "Config": {
        "JWKSURL": "https://ci.example/keys",
        "BoundIssuer": "ci",
        "BoundAudiences": ["consul"],
        "ClaimMappings": {"sub": "user", "team": "team"},
        "ListClaimMappings": {"groups": "groups"},
    },
}
NAMES = "abc"


class Authority:
    """A cluster with one auth method, whose rules and logins are drawn."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.site = Cluster()
        self.judge = LoginsJudge("ci", "consul")
        self.count = 0
        self.say("PUT", "/v1/acl/auth-method", METHOD)

    def say(self, method: str, path: str, body: Any = None, token: str = ROOT) -> tuple[int, Any]:
        answer = self.site.http(method, path, token, b"" if body is None else json.dumps(body).encode())
        return answer.status, json.loads(answer.body) if answer.status == 200 else None

    def rule(self) -> None:
        """Another rule."""
        conditions = tuple(
            Condition(*self.rng.choice([("team", "a", False), ("groups", "b", True)]), self.rng.random() < 0.4)
            for _ in range(self.rng.randint(0, 2))
        )
        conditions = tuple(c._replace(wanted=self.rng.choice(NAMES)) for c in conditions)
        meant = RuleMeant(conditions, f"{self.rng.choice(NAMES)}-")
        row = {
            "AuthMethod": "ci",
            "BindType": "service",
            "BindName": meant.prefix + "${value.user}",
            "Selector": " and ".join(map(_said, conditions)),
        }
        status, made = self.say("PUT", "/v1/acl/binding-rule", row)
        assert status == 200
        self.judge.rules[made["ID"]] = meant

    def forget_rule(self) -> None:
        if self.judge.rules:
            chosen = self.rng.choice(sorted(self.judge.rules))
            self.say("DELETE", f"/v1/acl/binding-rule/{chosen}")
            del self.judge.rules[chosen]

    def log_in(self) -> None:
        now = 1_700_000_000 + self.site.world.time / 1e9
        claims = {
            "iss": self.rng.choice(["ci", "ci", "ci", "other"]),
            "aud": self.rng.choice(["consul", "consul", "consul", "other"]),
            "nbf": int(now) + self.rng.choice([-300, -10, 30, 300]),
            "exp": int(now) + self.rng.choice([-300, -30, 10, 300, 300]),
            "sub": self.rng.choice(NAMES),
            "team": self.rng.choice([*NAMES, None]),
            "groups": self.rng.sample(NAMES, self.rng.randint(0, 3)),
        }
        self.count += 1
        self.site.world.jobs.jwts[f"jwt-{self.count}"] = json.dumps(claims)
        status, token = self.say("POST", "/v1/acl/login", {"AuthMethod": "ci", "BearerToken": f"jwt-{self.count}"}, "")
        bound = [each["ServiceName"] for each in token["ServiceIdentities"]] if status == 200 else []
        self.judge.logged_in(claims, now, token["SecretID"] if token else "", bound)

    def end_some(self) -> None:
        secrets = self.judge.secrets()
        if secrets and self.rng.random() < 0.5:
            self.say("POST", "/v1/acl/logout", token=(chosen := self.rng.choice(secrets)))
            self.judge.logged_out(chosen)
        if self.rng.random() < 0.2:
            self.say("DELETE", "/v1/acl/auth-method/ci")
            self.judge.method_deleted()
            self.say("PUT", "/v1/acl/auth-method", METHOD)

    def round(self) -> None:
        self.rule()
        for _ in range(6):
            self.log_in()
        if self.rng.random() < 0.4:
            self.forget_rule()
        self.end_some()
        for secret in self.judge.secrets():
            self.judge.answered(secret, self.say("GET", "/v1/acl/token/self", token=secret)[0] == 200)


def _said(condition: Condition) -> str:
    if condition.within:
        return f'"{condition.wanted}" {"not in" if condition.negated else "in"} list.groups'
    return f"value.team {'!=' if condition.negated else '=='} {condition.wanted}"


def faults(seed: int, rounds: int = 6) -> list[str]:
    authority = Authority(seed)
    for _ in range(rounds):
        authority.round()
        if authority.judge.faults:
            break
    else:
        assert authority.judge.secrets(), "no login had any worth: nothing was judged"
    return authority.judge.faults


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_login_is_worth_what_the_rules_mean(seed: int) -> None:
    assert not faults(seed)


# -- planted bugs ---------------------------------------------------------------------


def binds_without_looking_at_the_selector(patch: Patch) -> None:
    patch.set(binding, "_selects", lambda selector, method, claims: True)


def takes_expired_tokens(patch: Patch) -> None:
    patch.set(jwt_claims, "_check_times", lambda claims, config, now: None)


def takes_tokens_for_others(patch: Patch) -> None:
    patch.set(jwt_claims, "_check_audience", lambda claims, config: None)


def takes_tokens_of_others(patch: Patch) -> None:
    patch.set(jwt_claims, "_check_issuer", lambda claims, config: None)


def keeps_the_tokens_of_a_method_that_is_gone(patch: Patch) -> None:
    patch.set(AclTable, "forget_logins", lambda self, auth_method, index: None)


def binds_by_the_first_rule_alone(patch: Patch) -> None:
    bound_by = binding.bound_by
    patch.set(table, "bound_by", lambda rules, *rest: bound_by(list(rules)[:1], *rest))


BUGS = [
    binds_without_looking_at_the_selector,
    takes_expired_tokens,
    takes_tokens_for_others,
    takes_tokens_of_others,
    keeps_the_tokens_of_a_method_that_is_gone,
    binds_by_the_first_rule_alone,
]


@pytest.mark.parametrize("bug", BUGS, ids=[bug.__name__ for bug in BUGS])
def test_the_judge_finds(bug: Callable[[Patch], None]) -> None:
    with planted(bug):
        assert any(_broken(seed) for seed in range(1, 6))


def _broken(seed: int) -> bool:
    """The judge says so, or the store's own invariants."""
    try:
        return bool(faults(seed, 10))
    except AssertionError:
        return True
