"""Logins as the store applies them: what holds when methods and rules change between a JWT and its token."""

from __future__ import annotations

import pytest

from lictor_actors.store.families.auth_methods.names import BadName, filled_in
from lictor_messages.acl import AclLink, AclRole, AclToken, DeleteAclRole, PutAclRole, PutAclToken
from lictor_messages.answers import Written
from lictor_messages.auth_methods import (
    AuthMethod,
    BindingRule,
    BindLogin,
    Claims,
    DeleteAuthMethod,
    DeleteBindingRule,
    ListClaim,
    MethodConfig,
    PutAuthMethod,
    PutBindingRule,
)
from lictor_messages.refusals import Refused

CONFIG = MethodConfig(jwks_url="https://x", claim_mappings={"sub": "user"}, list_claim_mappings={"groups": "groups"})
METHOD = AuthMethod(name="m", type="jwt", config=CONFIG, max_token_ttl_ns=60_000_000_000)
CLAIMS = Claims(values={"user": "ann"}, lists=(ListClaim(name="groups", values=("dev",)),))


def uuid(number: int) -> str:
    return f"5e551011-0000-0000-0000-{number:012}"


def rule(number: int = 1, **fields: object) -> BindingRule:
    given = {"id": uuid(number), "auth_method": "m", "bind_type": "service", "bind_name": "${value.user}", **fields}
    return BindingRule.model_validate(given)


def login(index: int, number: int = 9) -> BindLogin:
    token = AclToken(accessor_id=uuid(number), secret_id=uuid(number + 100), auth_method="m")
    return BindLogin(token=token, method_index=index, claims=CLAIMS, datacenter="dc1")


@pytest.fixture
def made(log):
    """A method with one rule; the index of the method."""
    log.ok(PutAuthMethod(method=METHOD))
    index = log.index
    log.ok(PutBindingRule(rule=rule(), new=True))
    return index


def test_a_login_has_the_life_that_its_method_gives(log, made):
    log.ok(login(made))
    token = log.store.acl.tokens[uuid(9)]
    assert token.expiration_ns == token.create_ns + METHOD.max_token_ttl_ns
    assert [each.service for each in token.service_identities] == ["ann"]


def test_a_method_that_changed_since_its_keys_were_looked_at_is_another_one(log, made):
    log.ok(PutAuthMethod(method=METHOD.model_copy(update={"description": "other keys"})))
    outcome = log.apply(login(made))
    assert isinstance(outcome, Refused)
    assert "was changed during the login" in outcome.text
    log.ok(login(log.store.auth_methods.methods["m"].modify_index))


def test_a_method_that_is_gone_makes_no_token_though_it_comes_again(log, made):
    log.ok(DeleteAuthMethod(name="m"))
    assert log.apply(login(made)).code == "AclNotFound"
    log.ok(PutAuthMethod(method=METHOD))
    assert isinstance(log.apply(login(made)), Refused)
    assert not log.store.acl.tokens


def test_a_rule_that_is_gone_binds_nothing(log, made):
    log.ok(login(made))
    log.ok(DeleteBindingRule(id=uuid(1)))
    assert log.apply(login(made, 10)).code == "PermissionDenied"
    assert uuid(9) in log.store.acl.tokens, "what it has bound stays"


def test_a_rule_whose_claims_are_mapped_no_more_selects_nothing(log, made):
    log.ok(PutBindingRule(rule=rule(2, selector="dev in list.groups", bind_name="two"), new=True))
    log.ok(DeleteBindingRule(id=uuid(1)))
    log.ok(PutAuthMethod(method=METHOD.model_copy(update={"config": MethodConfig(jwks_url="https://x")})))
    assert log.apply(login(log.index)).code == "PermissionDenied"


def test_a_deleted_role_takes_its_rights_from_logins(log, made):
    log.ok(PutAclRole(role=AclRole(id=uuid(3), name="r"), new=True))
    log.ok(PutBindingRule(rule=rule(bind_type="role", bind_name="r")))
    log.ok(login(made))
    assert log.store.acl.tokens[uuid(9)].roles == (AclLink(id=uuid(3)),)
    log.ok(DeleteAclRole(id=uuid(3)))
    assert log.store.acl.tokens[uuid(9)].roles == ()
    assert log.apply(login(made, 10)).code == "PermissionDenied"


def test_a_token_keeps_where_it_came_from(log, made):
    log.ok(login(made))
    log.ok(PutAclToken(token=AclToken(accessor_id=uuid(9), description="mine")))
    assert log.store.acl.tokens[uuid(9)].auth_method == "m"
    other = log.apply(PutAclToken(token=AclToken(accessor_id=uuid(9), auth_method="x")))
    assert "Cannot change AuthMethod" in other.text
    log.ok(DeleteAuthMethod(name="m"))
    assert uuid(9) not in log.store.acl.tokens


def test_what_is_written_as_it_is_wakes_no_reader(log, made):
    tables = dict(log.store.indexes.tables)
    assert isinstance(log.apply(PutAuthMethod(method=METHOD)), Written)
    assert isinstance(log.apply(PutBindingRule(rule=rule())), Written)
    assert dict(log.store.indexes.tables) == tables


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("", ""),
        ("a", "a"),
        ("a-${value.x}-b", "a-X-b"),
        ("${ value.x }", "X"),
        ("$${value.x}", "${value.x}"),
        ("$x", "$x"),
    ],
)
def test_names_are_filled_in_once(template, said):
    assert filled_in(template, {"value.x": "X", "value.y": "${value.x}"}) == said
    assert filled_in("${value.y}", {"value.x": "X", "value.y": "${value.x}"}) == "${value.x}"


@pytest.mark.parametrize("template", ["${", "${value.x", "${}", "${value.none}", "${value.x y}", "${${value.x}}"])
def test_names_that_say_nothing_are_refused(template):
    with pytest.raises(BadName):
        filled_in(template, {"value.x": "X"})
