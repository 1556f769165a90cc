"""What ``lictor dev -secure`` gives to the nodes of a plan, and what it keeps."""

import pytest
from cryptography import x509

from lictor_deploy.agent.lane_tls import own_credentials
from lictor_deploy.local.dev import secured_in
from lictor_deploy.local.plan import DevOptions, all_addresses, make_plan
from lictor_deploy.local.secured import AUTHORITY, FOLDER, GOSSIP_KEY, TOKEN, Secured
from lictor_deploy.local.welcome import described, try_next
from lictor_deploy.words.sentence import Failure

OPTIONS = DevOptions(datacenters=2, servers=1, agents=3, one_ip=False)


@pytest.fixture
def secured(tmp_path):
    return Secured.kept_in(tmp_path)


@pytest.fixture
def plans(secured, tmp_path):
    return secured.planned(make_plan(OPTIONS, tmp_path, tmp_path, 4))


def test_every_node_seals_its_gossip_and_denies(secured, plans):
    for spec in (spec for plan in plans for spec in plan.specs):
        assert spec.encryption.key == secured.gossip_key
        assert all(spec.settings[f"{role}.acl_default_policy"] == "deny" for role in ("server", "agent", "gateway"))
        assert all(spec.settings[f"{role}.acl"] for role in ("server", "agent", "gateway", "dns"))
        assert secured.token not in repr(spec.encryption)


def test_a_certificate_is_for_the_nodes_of_one_process(secured, plans):
    for plan in plans:
        terms = secured.lanes(plan).terms
        assert terms.verify_incoming
        assert terms.verify_server_hostname
        said = own_credentials(str(secured.folder / f"{plan.name}.pem"), "consul")
        assert said.nodes == {spec.node for spec in plan.specs}
        assert said.servers_of == ({plan.specs[0].dc} if plan.specs[0].server else set())


def test_a_later_start_has_the_same_secrets_and_another_authority(secured, tmp_path):
    first = (secured.folder / AUTHORITY).read_bytes()
    again = Secured.kept_in(tmp_path)
    assert (again.token, again.gossip_key) == (secured.token, secured.gossip_key)
    assert x509.load_pem_x509_certificate(first).public_key() != again.authority.certificate.public_key()


def test_secrets_that_a_start_left_empty_are_made(secured, tmp_path):
    (secured.folder / TOKEN).write_text("")
    assert Secured.kept_in(tmp_path).token not in ("", secured.token)


@pytest.mark.parametrize("spoilt", [b"no key", b"\xff\xfe"])
def test_a_spoilt_key_is_refused_and_not_repeated(secured, tmp_path, spoilt):
    (secured.folder / GOSSIP_KEY).write_bytes(spoilt)
    with pytest.raises(Failure, match=f"Cannot use {tmp_path / FOLDER}: .*Remove it") as refused:
        secured_in(tmp_path)
    assert "no key" not in str(refused.value)


def test_the_start_prints_the_tokens_path_and_commands_get_the_token(secured, tmp_path):
    places = all_addresses(OPTIONS)
    words = try_next(places, secured)
    assert f"export CONSUL_HTTP_TOKEN_FILE={tmp_path / FOLDER / TOKEN}\n" in words
    assert secured.token not in words + repr(secured)
    environment = described(places, tmp_path, "", tmp_path, secured)["environment"]
    assert environment["CONSUL_HTTP_TOKEN"] == secured.token
    assert "CONSUL_HTTP_TOKEN" not in described(places, tmp_path, "", tmp_path)["environment"]
