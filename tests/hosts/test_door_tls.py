"""The door over TLS: who gets in with which certificate, which tokens are taken, and that nng still dials it."""

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import Any

import pynng
import pytest
from certificates import Signer

import lictor
from lictor_actors.bus.lane_tls import LaneTerms, LaneTls
from lictor_actors.bus.tls import server_context
from lictor_actors.client import access
from lictor_actors.hosts.doors import rep
from lictor_actors.hosts.doors.clients import ClientDoor, DoorTerms
from lictor_actors.roles.agent.agent import Agent
from lictor_messages.codec import cluster_id, frame, open_frame, pack, unpack
from lictor_messages.envelope import Envelope
from lictor_messages.kv import Entries, Entry, GetKey

CLUSTER = cluster_id("test")
VALUE = b"v" * 300_000


class Door:
    """One that answers each read with a large value, and what came to it."""

    def __init__(self, tls: LaneTls | None, **terms: Any) -> None:
        self.counts: list[str] = []
        self.tokens: list[str] = []
        place = ("tcp://127.0.0.1:0",)
        self.door = ClientDoor(
            "n1.dc1",
            "agent",
            place,
            CLUSTER,
            self._deliver,
            lambda: Agent.hears,
            self.counts.append,
            DoorTerms(tls, **terms),
        )

    @property
    def place(self) -> str:
        return self.door.urls[0].removeprefix("tcp://")

    def _deliver(self, envelope: Envelope) -> None:
        self.tokens.append(envelope.token)
        answer = Entries(entries=(Entry(key="k", value=VALUE),))
        self.door.answered(Envelope("agent@n1.dc1", "door@n1.dc1", answer, request=envelope.request))


@contextlib.asynccontextmanager
async def opened(tls: LaneTls | None, **terms: Any):
    door = Door(tls, **terms)
    await door.door.start()
    try:
        yield door
    finally:
        await door.door.close()


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(tmp_path_factory.mktemp("ca"))


def offered(signer: Signer, *, demanded: bool = False) -> LaneTls:
    files = signer.files("s1", "server")
    return LaneTls(LaneTerms(server_context(files._replace(verify_incoming=demanded)), verify_incoming=demanded))


def shown(signer: Signer, name: str = "cli") -> dict[str, str]:
    files = signer.files(name, "cli")
    return {"cert": files.cert_file, "key": files.key_file}


async def read(url: str, **identity: Any) -> bytes:
    async with lictor.connect(url, timeout=5.0, **identity) as client:
        entry = await client.kv.get("k")
    assert entry is not None
    return entry.value


@pytest.mark.parametrize("demanded", [False, True])
@pytest.mark.slow
async def test_a_client_with_a_token_and_certificates_is_answered(signer: Signer, demanded: bool) -> None:
    async with opened(offered(signer, demanded=demanded)) as door:
        identity = {"token": "t1", "ca": str(signer.file), "server_name": "server.dc1.consul", **shown(signer)}
        assert await read(f"tls+tcp://{door.place}", **identity) == VALUE
    assert (door.tokens, door.counts) == (["t1"], [])


@pytest.mark.slow
async def test_what_consuls_variables_say_is_what_no_argument_says(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = shown(signer)
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "t2")
    monkeypatch.setenv("CONSUL_CACERT", str(signer.file))
    monkeypatch.setenv("CONSUL_CLIENT_CERT", certificate["cert"])
    monkeypatch.setenv("CONSUL_CLIENT_KEY", certificate["key"])
    async with opened(offered(signer, demanded=True)) as door:
        assert await read(f"tls+tcp://{door.place}") == VALUE
    assert door.tokens == ["t2"]


async def test_plain_clients_are_answered_where_no_certificate_is_demanded(signer: Signer) -> None:
    async with opened(offered(signer)) as door:
        assert await read(f"tcp://{door.place}", token="t") == VALUE


@pytest.mark.parametrize(
    ("scheme", "shows", "counted", "says"),
    [
        ("tcp", "", "not_encrypted", "demands TLS"),
        ("tls+tcp", "", "tls:peer_did_not_return_a_certificate", "no TLS with what listens there"),
        ("tls+tcp", "stranger", "tls:certificate_verify_failed", "no TLS with what listens there"),
    ],
)
@pytest.mark.slow
async def test_without_a_certificate_that_is_believed_a_counter_moves_and_nothing_else(
    signer: Signer, tmp_path: Path, scheme: str, shows: str, counted: str, says: str
) -> None:
    trusts = {"ca": str(signer.file)} if scheme == "tls+tcp" else {}
    certificate = shown(Signer(tmp_path)) if shows else {}
    async with opened(offered(signer, demanded=True)) as door:
        with pytest.raises(lictor.ConnectionFailed, match=says):
            async with lictor.connect(f"{scheme}://{door.place}", timeout=1.0, **trusts, **certificate) as client:
                await client.kv.get("k")
    assert set(door.counts) == {counted}
    assert door.tokens == []


async def test_an_agent_that_is_not_believed_gets_no_token(signer: Signer, tmp_path: Path) -> None:
    other = Signer(tmp_path)
    async with opened(offered(signer)) as door:
        for identity, says in (
            ({"ca": str(other.file)}, "certificate is not trusted"),
            ({"ca": str(signer.file), "server_name": "server.dc9.consul"}, "certificate is not trusted.*dc9"),
        ):
            with pytest.raises(lictor.ConnectionFailed, match=says):
                await read(f"tls+tcp://{door.place}", token="t", **identity)
    assert door.tokens == []


async def test_a_door_without_certificates_speaks_no_tls(signer: Signer) -> None:
    async with opened(None) as door:
        with pytest.raises(lictor.ConnectionFailed, match="dialled by tcp://"):
            await read(f"tls+tcp://{door.place}", ca=str(signer.file))


@pytest.mark.parametrize(("allowed", "answered"), [(False, False), (True, True)])
async def test_a_token_that_came_in_clear_is_taken_only_where_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch, allowed: bool, answered: bool
) -> None:
    monkeypatch.setattr(rep, "is_here", lambda _: False)
    async with opened(None, plain_tokens=allowed) as door:
        assert await read(f"tcp://{door.place}", token="") == VALUE
        with contextlib.nullcontext() if answered else pytest.raises(lictor.Refused, match="not taken without TLS"):
            assert await read(f"tcp://{door.place}", token="secret") == VALUE
    assert ("secret" in door.tokens, door.counts) == (answered, [] if answered else ["plain_token"])


@pytest.mark.slow
async def test_over_tls_a_token_comes_from_anywhere(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rep, "is_here", lambda _: False)
    async with opened(offered(signer)) as door:
        assert await read(f"tls+tcp://{door.place}", token="t", ca=str(signer.file)) == VALUE


@pytest.mark.parametrize(
    ("url", "identity", "says"),
    [
        ("tcp://10.0.0.5:8304", {"token": "s3cret"}, "would go to tcp://10.0.0.5:8304 in clear"),
        ("tcp://127.0.0.1:8304", {"ca": "ca.pem"}, "are for TLS"),
        ("tls+tcp://10.0.0.5:8304", {"ca": "/nowhere.pem"}, "ca: cannot use /nowhere.pem"),
        ("tls+tcp://10.0.0.5:8304", {"cert": "c.pem"}, "go together"),
    ],
)
@pytest.mark.parametrize("made", [lictor.Client, lictor.AsyncClient, lictor.connect])
def test_what_makes_no_sense_is_said_by_its_argument(made: Any, url: str, identity: dict[str, str], says: str) -> None:
    with pytest.raises(lictor.InvalidArgument, match=says) as refused:
        made(url, **identity)
    assert "s3cret" not in str(refused.value)


def test_a_token_goes_in_clear_where_it_is_allowed_or_stays_here() -> None:
    lictor.AsyncClient("tcp://10.0.0.5:8304", token="t", plain_token=True)
    lictor.AsyncClient("ipc:///tmp/door", token="t")
    lictor.AsyncClient(access.DOOR_URL, token="t")


@pytest.mark.slow
async def test_new_certificates_are_shown_from_the_next_handshake_on(signer: Signer, tmp_path: Path) -> None:
    other, tls = Signer(tmp_path), offered(signer)
    async with opened(tls) as door, lictor.connect(f"tls+tcp://{door.place}", ca=str(signer.file)) as before:
        tls.terms = offered(other).terms
        assert await read(f"tls+tcp://{door.place}", ca=str(other.file)) == VALUE
        assert (await before.kv.get("k")).value == VALUE


async def test_nng_dials_it_by_tls_1_3_alone(signer: Signer) -> None:
    """pynng gives no way to name versions, so nng's own is called."""
    config = pynng.TLSConfig(
        pynng.TLSConfig.MODE_CLIENT,
        server_name="localhost",
        ca_string=signer.file.read_text(),
        auth_mode=pynng.TLSConfig.AUTH_MODE_REQUIRED,
    )
    only = pynng.lib.NNG_TLS_1_3
    assert pynng.lib.nng_tls_config_version(config._tls_config, only, only) == 0
    tls = offered(signer)
    tls.terms.server.minimum_version = ssl.TLSVersion.TLSv1_3
    request = frame(CLUSTER, [pack(Envelope("", "", GetKey(key="k"), request="r1", token="t"))])

    async with opened(tls) as door:

        def ask() -> list[bytes]:
            with pynng.Req0(tls_config=config, recv_timeout=5000, recv_max_size=0) as made:
                made.dial(f"tls+tcp://{door.place}", block=True)
                return [(made.send(request), made.recv())[1] for _ in range(3)]

        answers = await asyncio.to_thread(ask)
    assert [unpack(next(open_frame(CLUSTER, one))).body.entries[0].value for one in answers] == [VALUE] * 3
