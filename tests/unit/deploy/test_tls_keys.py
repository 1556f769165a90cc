"""The keys about TLS: which of them holds, and a sentence for what cannot be used that names the key and the file."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificates import Signer
from cryptography.hazmat.primitives import serialization

from lictor_deploy.agent.lane_tls import Demands, demands, lane_terms
from lictor_deploy.agent.tls import AgentTls, https_context, https_files
from lictor_deploy.certificates.leaf import Kind
from lictor_deploy.config.load import Sources, load
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure

Raw = dict[str, Any]


def config(raw: Raw) -> AgentConfig:
    return load(Sources(), raw, dev=False)[0]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Raw:
    """ca_file, cert_file, key_file."""
    files = Signer(tmp_path_factory.mktemp("tls")).files("server")
    return {"ca_file": files.ca_file, "cert_file": files.cert_file, "key_file": files.key_file}


def https(**keys: Any) -> Raw:
    return {"ports": {"https": 8501}, "tls": {"https": keys}}


@pytest.mark.parametrize(
    "raw",
    [
        lambda good: https(**good),
        lambda good: {"ports": {"https": 8501}, "tls": {"defaults": good}},
        lambda good: {"ports": {"https": 8501}, **good},
        lambda good: {**https(**good), "tls": {"https": good, "defaults": {"cert_file": "/none"}}, "key_file": "/none"},
    ],
    ids=["https", "defaults", "before 1.12", "the nearest holds"],
)
def test_a_key_may_stand_at_three_places(good: Raw, raw: Callable[[Raw], Raw]) -> None:
    given = config(raw(good))
    assert https_files(given)[0:4:2] == (good["ca_file"], good["cert_file"])
    assert https_context(given).verify_mode is ssl.CERT_NONE


def test_versions_suites_and_whether_clients_are_asked(good: Raw) -> None:
    suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    made = https_context(config({**https(**good, verify_incoming=True), "tls_min_version": "tls13"}))
    assert (made.verify_mode, made.minimum_version) == (ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_3)
    made = https_context(config({**https(**good, tls_cipher_suites=suite), "verify_incoming_https": True}))
    assert made.verify_mode is ssl.CERT_REQUIRED
    old = [one["name"] for one in made.get_ciphers() if one["protocol"] != "TLSv1.3"]
    assert (old, made.minimum_version) == (["ECDHE-ECDSA-AES128-GCM-SHA256"], ssl.TLSVersion.TLSv1_2)


def spoilt(folder: Path, good: Raw) -> None:
    """Files that are of no use, by names that say why."""
    Signer(folder, "another").files("other")
    (folder / "words").write_text("no certificate")
    (folder / "torn").write_text(Path(good["cert_file"]).read_text()[:200])
    (folder / "empty").mkdir()
    secret = serialization.load_pem_private_key(Path(good["key_file"]).read_bytes(), None)
    form, locked = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    (folder / "locked").write_bytes(secret.private_bytes(serialization.Encoding.PEM, form, locked))


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"cert_file": "none"}, "tls.https.cert_file: cannot use none: no such file or directory."),
        ({"cert_file": "words"}, "tls.https.cert_file: cannot use words: it holds no certificate in PEM."),
        ({"cert_file": "torn"}, "tls.https.cert_file: cannot use torn: OpenSSL cannot use it with "),
        ({"cert_file": "empty"}, "tls.https.cert_file: cannot use empty: is a directory."),
        ({"key_file": "none"}, "tls.https.key_file: cannot use none: no such file or directory."),
        ({"key_file": "words"}, "tls.https.key_file: cannot use words: it holds no key in PEM."),
        ({"key_file": "other-key.pem"}, "tls.https.key_file: cannot use other-key.pem: it is not the key of "),
        ({"key_file": "locked"}, "tls.https.key_file: cannot use locked: the key has a password: write it without"),
        ({"ca_file": "none"}, "tls.https.ca_file: cannot use none: no such file or directory."),
        ({"ca_file": "torn"}, "tls.https.ca_file: cannot use torn: OpenSSL cannot read it: "),
        ({"ca_path": "none"}, "tls.https.ca_path: cannot use none: no such file or directory."),
        ({"ca_path": "empty"}, "tls.https.ca_path: cannot use empty: the directory is empty."),
        ({"ca_path": "."}, "tls.https.ca_path: cannot use locked: it holds no certificate in PEM."),
        ({"ca_file": "", "verify_incoming": True}, "tls.https.verify_incoming needs authorities to believe: set "),
        ({"tls_min_version": "TLSv1_1"}, "tls.https.tls_min_version 'TLSv1_1' is no version that is spoken here: "),
        ({"tls_cipher_suites": "RC4"}, "tls.https.tls_cipher_suites: RC4 is no suite of TLS 1.2 that is spoken here"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: Raw, keys: Raw, sentence: str
) -> None:
    spoilt(tmp_path, good)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Failure) as failure:
        https_context(config(https(**{**good, **keys})))
    assert str(failure.value).startswith(sentence)


def test_https_without_a_certificate_is_no_error(good: Raw) -> None:
    https_context(config(https(**{**good, "cert_file": "", "key_file": ""})))


def test_a_file_is_looked_at_and_named_where_it_was_set_also_without_a_listener(good: Raw) -> None:
    for raw, key in (({"ca_file": "/none"}, "ca_file"), ({"tls": {"defaults": {"ca_file": "/none"}}}, "tls.defaults.")):
        with pytest.raises(Failure, match=f"^{key}"):
            https_context(config(raw))
    with pytest.raises(Failure, match=r"^tls\.defaults\.cert_file is of no use without key_file: set both, or none"):
        https_context(config({"tls": {"defaults": {"cert_file": good["cert_file"]}}}))


def test_validate_looks_at_the_files(tmp_path: Path, lictor: Any, good: Raw) -> None:
    def validated(raw: Raw) -> tuple[int, str]:
        (tmp_path / "a.json").write_text(json.dumps({"data_dir": "x", **raw}))
        ran = lictor("validate", str(tmp_path / "a.json"))
        return ran.status, ran.out + ran.err

    assert validated(https(**good)) == (0, "Configuration is valid!\n")
    status, said = validated(https(**{**good, "key_file": "/none"}))
    assert (status, said.startswith("Config validation failed: tls.https.key_file: cannot use /none: ")) == (1, True)


PROMISES = ["tls.https.verify_outgoing", "tls.https.verify_server_hostname", "tls.grpc"]


@pytest.mark.parametrize("key", PROMISES)
def test_what_is_not_there_yet_is_refused_by_name_and_taken_where_it_is_off(tmp_path: Path, key: str) -> None:
    def loaded(value: Any) -> list[str]:
        for name in reversed(key.split(".")):
            value = {name: value}
        (tmp_path / "a.json").write_text(json.dumps(value))
        return load(Sources([str(tmp_path / "a.json")]), {}, dev=False)[1]

    section = key == "tls.grpc"
    with pytest.raises(Failure, match=rf"config key {re.escape(key)}: Consul has it, Lictor not yet: "):
        loaded({"cert_file": "x"} if section else True)
    assert loaded({} if section else False) == []


def rpc(**keys: Any) -> Raw:
    return {"tls": {"internal_rpc": keys}}


@pytest.mark.parametrize(
    ("raw", "asked"),
    [
        ({}, (False, False, False)),
        ({"verify_incoming": True}, (True, False, False)),
        ({"verify_incoming_rpc": True}, (True, False, False)),
        ({"verify_incoming_https": True}, (False, False, False)),
        ({"verify_outgoing": True}, (False, True, False)),
        ({"verify_server_hostname": True}, (False, True, True)),
        ({"tls": {"defaults": {"verify_incoming": True, "verify_outgoing": True}}}, (True, True, False)),
        ({"tls": {"defaults": {"verify_server_hostname": True}}}, (False, True, True)),
        (rpc(verify_incoming=True, verify_outgoing=True), (True, True, False)),
        ({"verify_incoming": True, "verify_outgoing": True, **rpc(verify_incoming=False)}, (False, True, False)),
        ({"verify_server_hostname": True, **rpc(verify_server_hostname=False)}, (False, False, False)),
    ],
    ids=str,
)
def test_what_is_asked_of_other_nodes_is_merged_as_consul_merges_it(good: Raw, raw: Raw, asked: Demands) -> None:
    given = config({**good, **raw})
    assert demands(given) == asked
    terms = lane_terms(given, "")
    assert (terms.verify_incoming, terms.client is not None, terms.verify_server_hostname) == asked
    assert terms.server is not None
    assert terms.server.verify_mode is (ssl.CERT_REQUIRED if asked[0] else ssl.CERT_OPTIONAL)


def test_https_asks_for_certificates_where_all_listeners_do_unless_it_says_otherwise(good: Raw) -> None:
    everywhere = {"ports": {"https": 8501}, **good, "verify_incoming": True}
    assert https_files(config(everywhere)).verify_incoming
    assert not https_files(config({**everywhere, "tls": {"https": {"verify_incoming": False}}})).verify_incoming


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (
            {"cert_file": "", "key_file": ""},
            "tls.internal_rpc.verify_incoming needs a certificate: set tls.internal_rpc.",
        ),
        (
            {"ca_file": ""},
            "tls.internal_rpc.verify_incoming needs authorities to believe: set tls.internal_rpc.ca_file",
        ),
        ({"key_file": ""}, "tls.internal_rpc.cert_file is of no use without key_file: set both, or none."),
        ({"ca_file": "none"}, "tls.internal_rpc.ca_file: cannot use none: no such file or directory."),
    ],
    ids=str,
)
def test_what_the_lane_cannot_use_is_a_sentence(good: Raw, keys: Raw, sentence: str) -> None:
    with pytest.raises(Failure) as failure:
        lane_terms(config(rpc(**{**good, **keys}, verify_incoming=True)), "")
    assert str(failure.value).startswith(sentence)


def test_a_certificate_of_another_node_or_kind_is_refused_at_the_start(tmp_path: Path) -> None:
    signer = Signer(tmp_path)

    def started(kind: Kind, node: str, **more: Any) -> None:
        files = signer.files("x", kind, node)
        keys = {"ca_file": files.ca_file, "cert_file": files.cert_file, "key_file": files.key_file}
        lane_terms(config({**rpc(**keys, verify_server_hostname=True), **more}), "N1.dc1")

    started("client", "n1")
    started("client", "")
    started("server", "n1", server=True)
    with pytest.raises(
        Failure, match=r"is for n2\.dc1, not for this node, N1\.dc1: make one with `lictor tls cert create"
    ):
        started("client", "n2")
    with pytest.raises(Failure, match=r"is for commands alone, not for this node"):
        started("cli", "")
    with pytest.raises(
        Failure, match=r"is no certificate of a server of dc1: make one with .* -server -dc=dc1 -node=N1"
    ):
        started("client", "n1", server=True)


def test_a_reload_gives_the_lane_new_terms_or_none(good: Raw) -> None:
    tls = AgentTls(config(rpc(**good, verify_outgoing=True)))
    before = tls.lane.terms
    with pytest.raises(Failure):
        tls.follow(config(rpc(**{**good, "key_file": "/none"}, verify_outgoing=True)))
    assert tls.lane.terms is before
    tls.follow(config(rpc(**good, verify_incoming=True)))
    assert (tls.lane.demanded, tls.lane.terms.client) == (True, None)


def test_a_reload_that_fails_leaves_the_context_that_was(good: Raw) -> None:
    tls = AgentTls(config(https(**good)))
    before = tls.https()
    with pytest.raises(Failure):
        tls.follow(config(https(**{**good, "key_file": "/none"})))
    assert tls.https() is before
    tls.follow(config(https(**good)))
    assert tls.https() is not before
