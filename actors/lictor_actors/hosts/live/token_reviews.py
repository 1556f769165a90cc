"""Whose a JWT is by its Kubernetes: a TokenReview says the service account, and an annotation another name of it.

Source: Kubernetes' API, TokenReview of authentication.k8s.io/v1; Consul's page on the auth method kubernetes.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import orjson

from lictor_actors.hosts.live.https_get import NotFetched, https_get, https_post, json_object
from lictor_messages.auth_methods import KubernetesConfig, ReviewToken, ServiceAccount, TokenReviewed

REVIEWS: Final = "/apis/authentication.k8s.io/v1/tokenreviews"
NAMED: Final = "consul.hashicorp.com/service-name"
"""The annotation of a service account that gives it another name."""


async def review_token(job: ReviewToken) -> TokenReviewed:
    """Its service account, or why it has none."""
    try:
        account = await _reviewed(job.token, job.config)
        return TokenReviewed(ticket=job.ticket, account=await _renamed(account, job.config))
    except NotFetched as error:
        return TokenReviewed(ticket=job.ticket, error=f"lookup failed: {error}")


async def _reviewed(token: str, config: KubernetesConfig) -> ServiceAccount:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    body = orjson.dumps(review)
    answer = await https_post(_url(config, REVIEWS), config.ca_cert, config.service_account_jwt, body)
    status = _within(json_object(answer, "the TokenReview"), "status")
    if status.get("authenticated") is not True or status.get("error"):
        raise NotFetched("the service account's JWT is not valid")
    user = _within(status, "user")
    parts = str(user.get("username", "")).split(":")
    if len(parts) != 4 or parts[:2] != ["system", "serviceaccount"] or not all(parts):
        raise NotFetched("the JWT is of no service account")
    return ServiceAccount(namespace=parts[2], name=parts[3], uid=str(user.get("uid", "")))


async def _renamed(account: ServiceAccount, config: KubernetesConfig) -> ServiceAccount:
    """Under the name of its annotation, which is believed of this very account alone: names are given again."""
    path = f"/api/v1/namespaces/{quote(account.namespace, safe='')}/serviceaccounts/{quote(account.name, safe='')}"
    answer = await https_get(_url(config, path), config.ca_cert, config.service_account_jwt)
    metadata = _within(json_object(answer, "the service account"), "metadata")
    if metadata.get("uid") != account.uid:
        raise NotFetched("the service account is another one by now")
    name = _within(metadata, "annotations").get(NAMED)
    return account.model_copy(update={"name": name}) if isinstance(name, str) and name else account


def _url(config: KubernetesConfig, path: str) -> str:
    return config.host.rstrip("/") + path


def _within(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}
