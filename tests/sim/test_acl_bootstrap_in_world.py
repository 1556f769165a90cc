"""The first token, and how an operator gets another one whose first is lost."""

from __future__ import annotations

from acl_cluster import ROOT, Cluster, uuid

from lictor_messages import acl
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.refusals import Refused

LEADER = "server-1.dc1"


def begin(cluster: Cluster, number: int, token: str = "") -> Message:
    first = acl.AclToken(accessor_id=uuid(number), secret_id=uuid(100 + number))
    return cluster.ask(acl.BootstrapAcls(token=first), token)


def words(answer: Message) -> str:
    assert isinstance(answer, Refused), answer
    return answer.words


def test_before_the_first_token_an_unknown_one_is_told_so_and_may_still_begin() -> None:
    cluster = Cluster(initial="")
    assert words(cluster.ask(acl.ListAclTokens(), ROOT)).startswith("ACL system must be bootstrapped before")
    assert isinstance(begin(cluster, 1, ROOT), Written)
    assert words(cluster.ask(acl.ListAclTokens(), ROOT)) == "ACL not found"
    assert isinstance(cluster.ask(acl.ListAclTokens(), uuid(101)), acl.AclTokens)


def test_there_is_one_first_token_unless_the_operators_file_names_its_index() -> None:
    cluster = Cluster(initial="")
    first = begin(cluster, 1)
    assert isinstance(first, Written)
    refusal = f"(reset index: {first.index})"
    assert words(begin(cluster, 2)) == f"Permission denied: ACL bootstrap no longer allowed {refusal}"
    resets = cluster.world.jobs.bootstrap_resets
    resets[LEADER] = first.index + 1
    assert words(begin(cluster, 2)) == (
        f"Invalid bootstrap reset index (specified {first.index + 1}, reset index: {first.index})"
    )
    resets[LEADER] = first.index
    assert isinstance(begin(cluster, 2), Written)
    assert isinstance(cluster.ask(acl.ListAclTokens(), uuid(102)), acl.AclTokens)
    assert "Invalid bootstrap reset index" in words(begin(cluster, 3))


def test_clients_cannot_say_that_they_may_begin_again() -> None:
    cluster = Cluster(initial="")
    first = begin(cluster, 1)
    assert isinstance(first, Written)
    again = acl.BootstrapAclsAgain(token=acl.AclToken(accessor_id=uuid(3), secret_id=uuid(103)), index=first.index)
    assert isinstance(cluster.ask(again, uuid(101)), Refused)
    assert isinstance(cluster.ask(acl.GetOwnAclToken(), uuid(103)), Refused)
