"""The keys of a pool: what is a key, which one encrypts, and what is refused in Serf's words."""

import base64

import pytest

from lictor_actors.bus.keyring import KeyRefused, Keyring, key_id, read_key, written

A, B, C = b"a" * 16, b"b" * 24, b"c" * 32


@pytest.mark.parametrize("key", [A, B, C])
def test_keys_of_three_sizes(key):
    assert read_key(written(key)) == key


@pytest.mark.parametrize("size", [0, 1, 15, 17, 31, 33, 64])
def test_a_key_of_another_size(size):
    with pytest.raises(KeyRefused, match="key size must be 16, 24 or 32 bytes"):
        read_key(base64.b64encode(b"k" * size).decode())


@pytest.mark.parametrize("text", ["!", "YWJj!", "Y", "ä", "YWJj\nYWJj"])
def test_what_is_not_base64(text):
    with pytest.raises(KeyRefused, match="not base64"):
        read_key(text)


def test_a_rotation():
    ring = Keyring([A])
    ring = ring.changed("install", B)
    assert (ring.primary, ring.keys) == (A, (A, B))
    ring = ring.changed("use", B)
    assert (ring.primary, ring.keys) == (B, (B, A))
    ring = ring.changed("remove", A)
    assert ring.keys == (B,)


def test_repeats_are_no_errors():
    ring = Keyring([A, B])
    assert ring.changed("install", B).keys == ring.keys
    assert ring.changed("use", A).keys == ring.keys
    assert ring.changed("remove", C).keys == ring.keys


@pytest.mark.parametrize(
    ("verb", "key", "words"),
    [
        ("remove", A, "removing the primary key is not allowed"),
        ("use", C, "requested key is not in the keyring"),
        ("install", b"short", "key size must be 16, 24 or 32 bytes"),
    ],
)
def test_refusals(verb, key, words):
    with pytest.raises(KeyRefused, match=words):
        Keyring([A, B]).changed(verb, key)


def test_ids_tell_keys_apart_and_nothing_of_them():
    assert len({key_id(key) for key in (A, B, C)}) == 3
    assert not any(part in key for key in (A, B, C) for part in (key_id(key), key_id(key)[:2]))
    assert Keyring([A, B]).named(key_id(B)) == [B]
    assert Keyring([A]).named(key_id(B)) == []
