"""TokenReviews by an API server that says yes, no, nonsense, nothing, or names another server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from jwt_authority import KeyServer, SigningKey

from lictor_actors.hosts.live import https_get
from lictor_actors.hosts.live.token_reviews import NAMED, REVIEWS, review_token
from lictor_actors.timeline.words import describe
from lictor_messages.auth_methods import (
    AuthMethod,
    KubernetesConfig,
    LogIn,
    MethodConfig,
    PutAuthMethod,
    ReviewToken,
    ServiceAccount,
    TokenReviewed,
)
from lictor_messages.base import Message

OWN = SigningKey("own").signed({"sub": "system:serviceaccount:consul:consul"})
THEIRS = SigningKey("theirs").signed({"sub": "system:serviceaccount:shop:web"})
ACCOUNT = "/api/v1/namespaces/shop/serviceaccounts/web"


def said(**status: Any) -> dict[str, Any]:
    user = {"username": "system:serviceaccount:shop:web", "uid": "5"}
    return {"kind": "TokenReview", "status": {"authenticated": True, "user": user, **status}}


def account(**metadata: Any) -> dict[str, Any]:
    return {"kind": "ServiceAccount", "metadata": {"name": "web", "uid": "5", **metadata}}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[KeyServer]:
    made = KeyServer(tmp_path)
    async with made.listening():
        made.documents = {REVIEWS: said(), ACCOUNT: account()}
        yield made


async def reviewed(server: KeyServer, **changed: str) -> TokenReviewed:
    given = {"host": server.url, "ca_cert": server.ca, "service_account_jwt": OWN, **changed}
    return await review_token(ReviewToken(ticket="t", token=THEIRS, config=KubernetesConfig(**given)))


async def test_both_questions_are_asked_by_the_methods_own_token(server: KeyServer) -> None:
    answer = await reviewed(server, host=f"{server.url}/")
    assert answer == TokenReviewed(ticket="t", account=ServiceAccount(namespace="shop", name="web", uid="5"))
    (review, body), (read, nothing) = server.received
    assert review.startswith(f"POST {REVIEWS} ")
    assert read.startswith(f"GET {ACCOUNT} ")
    assert json.loads(body)["spec"] == {"token": THEIRS}
    assert (nothing, THEIRS in review + read) == (b"", False)
    assert all(f"Authorization: Bearer {OWN}\r\n" in head for head in (review, read))


async def test_an_annotation_gives_the_account_its_name(server: KeyServer) -> None:
    server.documents[ACCOUNT] = account(annotations={NAMED: "shop-web"})
    answer = await reviewed(server)
    assert answer.account == ServiceAccount(namespace="shop", name="shop-web", uid="5")


async def test_the_annotation_of_a_namesake_is_not_believed(server: KeyServer) -> None:
    server.documents[ACCOUNT] = account(uid="6", annotations={NAMED: "admin"})
    answer = await reviewed(server)
    assert (answer.account, "another one by now" in answer.error) == (None, True)


NOT_TAKEN = [
    (said(authenticated=False), "is not valid"),
    (said(authenticated="true"), "is not valid"),
    (said(error="expired"), "is not valid"),
    ({"kind": "TokenReview"}, "is not valid"),
    ({"status": 5}, "is not valid"),
    ([], "is no object"),
    (said(user={"username": "ann", "uid": "5"}), "of no service account"),
    (said(user={"username": "system:serviceaccount:shop:web:x"}), "of no service account"),
    (said(user={"username": "system:serviceaccount::web"}), "of no service account"),
    (said(user={"username": 5}), "of no service account"),
    (said(user=None), "of no service account"),
    (None, "404 Not Found"),
]


@pytest.mark.parametrize(("document", "why"), NOT_TAKEN)
async def test_what_kubernetes_does_not_take_is_no_account(server: KeyServer, document: Any, why: str) -> None:
    server.documents[REVIEWS] = document
    answer = await reviewed(server)
    assert (answer.account, why in answer.error) == (None, True), answer.error
    assert server.asked == [REVIEWS]
    assert not [secret for secret in (OWN, THEIRS) if secret in repr(answer)]


@pytest.mark.parametrize("document", [None, [], {}, {"metadata": 5}])
async def test_an_account_that_cannot_be_read_is_none(server: KeyServer, document: Any) -> None:
    server.documents[ACCOUNT] = document
    answer = await reviewed(server)
    assert (answer.account, bool(answer.error)) == (None, True)


@pytest.mark.parametrize("annotations", [None, 5, {}, {NAMED: ""}, {NAMED: 5}])
async def test_odd_annotations_name_nothing(server: KeyServer, annotations: Any) -> None:
    server.documents[ACCOUNT] = account(annotations=annotations)
    answer = await reviewed(server)
    assert answer.account is not None
    assert answer.account.name == "web"


async def test_the_token_goes_to_a_host_of_the_given_authority_alone(
    server: KeyServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = KeyServer(tmp_path_factory.mktemp("other"))
    for changed in ({"ca_cert": other.ca}, {"ca_cert": ""}, {"host": f"http://localhost:{server.port}"}):
        answer = await reviewed(server, **changed)
        assert (answer.account, bool(answer.error)) == (None, True)
    assert not server.asked


async def test_the_token_follows_no_redirect(server: KeyServer) -> None:
    async def redirect(writer: asyncio.StreamWriter, _: str) -> None:
        writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")

    server.answer = redirect
    assert "307 Temporary Redirect" in (await reviewed(server)).error
    assert server.asked == [REVIEWS]


async def test_a_server_that_hangs_is_given_up(server: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: asyncio.StreamWriter, __: str) -> None:
        await asyncio.Event().wait()

    server.answer = hang
    monkeypatch.setattr(https_get, "TIMEOUT_S", 0.05)
    assert "no answer within 0.05 s" in (await reviewed(server)).error


async def test_an_answer_without_end_is_not_read(server: KeyServer) -> None:
    async def flood(writer: asyncio.StreamWriter, _: str) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(100):
            writer.write(bytes(1 << 20))
            await writer.drain()

    server.answer = flood
    assert "larger than" in (await reviewed(server)).error


@pytest.mark.parametrize("show", [repr, describe])
def test_no_secret_is_shown(show: Callable[[Message], str]) -> None:
    config = MethodConfig(host="https://x", service_account_jwt=OWN)
    for said in (
        PutAuthMethod(method=AuthMethod(name="k8s", type="kubernetes", config=config)),
        LogIn(auth_method="k8s", bearer_token=THEIRS, accessor_id="", secret_id=""),
        ReviewToken(ticket="t", token=THEIRS, config=config),
    ):
        assert not [secret for secret in (OWN, THEIRS) if secret in show(said)]
