"""Signatures of JWTs against keys that are given, served, rotated, wrong, too many and too late."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from jwt_authority import KeyServer, SigningKey

from lictor_actors.hosts.live import https_get, jwt_keys
from lictor_actors.hosts.live.https_get import NotFetched
from lictor_actors.hosts.live.jwt_keys import JwtKeys
from lictor_actors.hosts.live.jwt_signatures import UNSIGNED, verify_jwt
from lictor_messages.auth_methods import JwtConfig, JwtVerified, VerifyJwt

CLAIMS = {"sub": "web"}
ONE, TWO = SigningKey("one"), SigningKey("two")


async def verified(token: str, config: JwtConfig, keys: JwtKeys | None = None) -> JwtVerified:
    return await verify_jwt(VerifyJwt(ticket="t", token=token, config=config), keys or JwtKeys())


def given(*keys: SigningKey, algorithms: tuple[str, ...] = ("ES256",)) -> JwtConfig:
    return JwtConfig(jwt_validation_pub_keys=tuple(key.pem for key in keys), jwt_supported_algs=algorithms)


# -- keys that the method itself has -------------------------------------------------


async def test_any_of_the_keys_will_do() -> None:
    said = await verified(TWO.signed(CLAIMS), given(ONE, TWO))
    assert json.loads(said.claims) == CLAIMS
    assert not said.error


async def test_another_key_will_not() -> None:
    said = await verified(TWO.signed(CLAIMS), given(ONE))
    assert UNSIGNED in said.error
    assert not said.claims


async def test_rsa_is_taken_by_default_and_nothing_else() -> None:
    key = SigningKey("r", "RS256")
    assert (await verified(key.signed(CLAIMS), given(key, algorithms=()))).claims
    assert "none of RS256" in (await verified(ONE.signed(CLAIMS), given(ONE, algorithms=()))).error


def forged(header: dict[str, Any], secret: bytes = b"") -> str:
    """A JWT as an attacker makes it who knows the public key."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, CLAIMS)]
    signed = b".".join(parts)
    signature = hmac.new(secret, signed, hashlib.sha256).digest() if secret else b""
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "", None, 5, ["ES256"], "ES384"])
async def test_what_a_jwt_says_of_its_algorithm_only_chooses_among_those_of_the_method(algorithm: Any) -> None:
    token = forged({"alg": algorithm}, ONE.pem.encode())
    said = await verified(token, given(ONE))
    assert said.error
    assert not said.claims


async def test_a_public_key_is_no_secret_even_if_the_list_says_hmac() -> None:
    """The list cannot: it is refused at the door. Here it is forced in."""
    token = forged({"alg": "HS256"}, ONE.pem.encode())
    said = await verified(token, given(ONE, algorithms=("HS256", "none")))
    assert said.error
    assert not said.claims


async def test_a_key_is_used_for_algorithms_of_its_kind_alone() -> None:
    key = SigningKey("r", "RS256")
    assert UNSIGNED in (await verified(ONE.signed(CLAIMS), given(key))).error


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "..", "é.é.é", "eyJhbGciOiJFUzI1NiJ9..", "\x00" * 9])
async def test_what_is_no_jwt_is_refused(token: str) -> None:
    said = await verified(token, given(ONE))
    assert said.error
    assert not said.claims


async def test_a_jwt_that_was_cut_or_changed_is_refused() -> None:
    token = ONE.signed(CLAIMS)
    head, body, signature = token.split(".")
    other = ONE.signed({"sub": "db"}).split(".")[1]
    for spoilt in (token[:-4], f"{head}.{other}.{signature}", f"{head}.{body}.", f"{head}.{body}"):
        assert (await verified(spoilt, given(ONE))).error


# -- keys that are served ----------------------------------------------------------


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[KeyServer]:
    made = KeyServer(tmp_path)
    async with made.listening():
        made.serve(ONE)
        yield made


def served(server: KeyServer) -> JwtConfig:
    return JwtConfig(jwks_url=f"{server.url}/keys", jwks_ca_cert=server.ca, jwt_supported_algs=("ES256",))


def discovered(server: KeyServer) -> JwtConfig:
    return JwtConfig(oidc_discovery_url=server.url, oidc_discovery_ca_cert=server.ca, jwt_supported_algs=("ES256",))


@pytest.mark.parametrize("config", [served, discovered])
async def test_keys_are_fetched_once_for_many(server: KeyServer, config: Any) -> None:
    keys = JwtKeys()
    said = await asyncio.gather(*(verified(ONE.signed(CLAIMS), config(server), keys) for _ in range(20)))
    assert all(each.claims for each in said)
    assert server.asked.count("/keys") == 1


async def test_rotated_keys_are_fetched_for_the_first_jwt_that_names_one(
    server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = JwtKeys()
    monkeypatch.setattr(jwt_keys, "AGAIN_S", -1.0)
    assert (await verified(ONE.signed(CLAIMS), served(server), keys)).claims
    server.serve(TWO)
    assert (await verified(TWO.signed(CLAIMS), served(server), keys)).claims
    assert UNSIGNED in (await verified(ONE.signed(CLAIMS), served(server), keys)).error


async def test_unknown_keys_do_not_make_us_ask_again_and_again(server: KeyServer) -> None:
    keys = JwtKeys()
    for _ in range(10):
        assert UNSIGNED in (await verified(TWO.signed(CLAIMS), served(server), keys)).error
    assert server.asked == ["/keys"]


async def test_what_was_kept_too_long_is_fetched_anew(server: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = JwtKeys()
    assert (await verified(ONE.signed(CLAIMS), served(server), keys)).claims
    monkeypatch.setattr(jwt_keys, "KEPT_S", -1.0)
    server.serve(TWO)
    assert UNSIGNED in (await verified(ONE.signed(CLAIMS), served(server), keys)).error


async def test_another_certificate_is_not_trusted(server: KeyServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = KeyServer(tmp_path_factory.mktemp("other"))
    for ca in (other.ca, ""):
        config = served(server).model_copy(update={"jwks_ca_cert": ca})
        said = await verified(ONE.signed(CLAIMS), config)
        assert "failed to verify certificate" in said.error
        assert not said.claims
    assert not server.asked


async def test_a_certificate_of_another_name_is_not_trusted(server: KeyServer) -> None:
    url = f"https://127.0.0.2:{server.port}/keys"
    assert (await verified(ONE.signed(CLAIMS), served(server).model_copy(update={"jwks_url": url}))).error
    assert not server.asked


async def test_discovery_of_another_issuer_is_refused(server: KeyServer) -> None:
    server.documents["/.well-known/openid-configuration"]["issuer"] = "https://evil.example"
    said = await verified(ONE.signed(CLAIMS), discovered(server))
    assert "another issuer" in said.error
    assert "/keys" not in server.asked


async def test_discovery_cannot_lead_to_clear_text(server: KeyServer) -> None:
    server.documents["/.well-known/openid-configuration"]["jwks_uri"] = f"http://localhost:{server.port}/keys"
    assert "no https:// URL" in (await verified(ONE.signed(CLAIMS), discovered(server))).error


async def test_redirects_are_not_followed(server: KeyServer) -> None:
    async def redirect(writer: asyncio.StreamWriter, _: str) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")

    server.answer = redirect
    assert "302 Found" in (await verified(ONE.signed(CLAIMS), served(server))).error
    assert server.asked == ["/keys"]


async def test_a_server_that_hangs_is_given_up(server: KeyServer) -> None:
    async def hang(_: asyncio.StreamWriter, __: str) -> None:
        await asyncio.Event().wait()

    server.answer = hang
    with pytest.raises(NotFetched, match=r"no answer within 0\.05 s"):
        await https_get.https_get(f"{server.url}/keys", server.ca, timeout_s=0.05)


@pytest.mark.parametrize("declared", [True, False])
async def test_a_set_of_a_hundred_mebibytes_is_not_read(server: KeyServer, declared: bool) -> None:
    sent = 0

    async def flood(writer: asyncio.StreamWriter, _: str) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n" + b"Content-Length: 104857600\r\n" * declared + b"\r\n")
        for _ in range(100):
            writer.write(bytes(1 << 20))
            await writer.drain()
            sent += 1

    server.answer = flood
    assert "larger than" in (await verified(ONE.signed(CLAIMS), served(server))).error
    assert sent < 20


ODD = [b"", b"{", b"[]", b'{"keys":5}', b'{"keys":[5,null,"x"]}', b'{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}', b"\xff",
       b'{"keys":[{"kty":"EC","crv":"P-256","x":"!","y":5}]}', b'{"keys":[{"kty":["EC"]}]}',
       b'{"keys":[{"kty":"RSA","n":"AQAB","e":""}]}']  # fmt: skip


@pytest.mark.parametrize("body", ODD)
async def test_odd_sets_have_no_keys_and_break_nothing(body: bytes) -> None:
    async def get(_: str, __: str) -> bytes:
        return body

    config = JwtConfig(jwks_url="https://x", jwt_supported_algs=("ES256",))
    said = await verified(ONE.signed(CLAIMS), config, JwtKeys(get))
    assert said.error
    assert not said.claims
