"""Keyring files, and the keys of the configuration that are about them."""

import base64
import json
import stat

import pytest

from lictor_actors.hosts.live.keyring_files import KeyringFiles, has_keyring_file
from lictor_deploy.agent.spec import node_spec
from lictor_deploy.config.load import Sources, load
from lictor_deploy.words.sentence import Failure

KEYS = tuple(base64.b64encode(letter * 16).decode() for letter in (b"a", b"b"))


def test_they_are_serfs_and_their_owners_alone(tmp_path):
    files = KeyringFiles(str(tmp_path))
    assert files.load("gossip") == ()
    files.keep("gossip", KEYS)
    path = tmp_path / "serf" / "local.keyring"
    assert json.loads(path.read_text()) == list(KEYS)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]
    assert files.load("gossip") == KEYS
    assert files.load("wan") == ()
    files.keep("gossip", KEYS[:1])
    assert files.load("gossip") == KEYS[:1]
    assert [each.name for each in path.parent.iterdir()] == ["local.keyring"]
    assert has_keyring_file(str(tmp_path))


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "[1]", '"key"'])
def test_a_file_that_is_no_keyring(tmp_path, text):
    (tmp_path / "serf").mkdir()
    (tmp_path / "serf" / "local.keyring").write_text(text)
    with pytest.raises(OSError, match="is no keyring file"):
        KeyringFiles(str(tmp_path)).load("gossip")


def encryption(tmp_path, **keys):
    return node_spec(load(Sources(), {"data_dir": str(tmp_path), "server": True, **keys}, dev=False)[0]).encryption


def test_a_key_that_is_configured(tmp_path):
    assert encryption(tmp_path) is None
    found = encryption(tmp_path, encrypt=KEYS[0], encrypt_verify_incoming=False)
    assert (found.key, found.verify_incoming, found.verify_outgoing, found.keyring_file) == (KEYS[0], False, True, True)
    assert KEYS[0] not in repr(found)


def test_a_keyring_file_is_enough(tmp_path):
    KeyringFiles(str(tmp_path)).keep("gossip", KEYS)
    assert encryption(tmp_path).key == ""
    assert encryption(tmp_path, disable_keyring_file=True) is None


def test_a_key_that_is_none_is_refused_and_not_repeated(tmp_path):
    with pytest.raises(Failure) as refused:
        encryption(tmp_path, encrypt="mostly-a-secret")
    assert "encrypt is no gossip key" in str(refused.value)
    assert "mostly-a-secret" not in str(refused.value)
