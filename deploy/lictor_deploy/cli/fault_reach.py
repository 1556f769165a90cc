"""Which cluster ``lictor fault`` breaks: the dev cluster of this machine, or the one behind an HTTP address."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from cyclopts import Parameter

from lictor_deploy.cli import environment
from lictor_deploy.cli.http_api import HttpAnswer, HttpApi
from lictor_deploy.local.handle import Cluster
from lictor_deploy.local.remote_faults import ClusterFaults, Said, answered
from lictor_messages.faults import FAULTS_PATH

TOKEN = "LICTOR_FAULT_TOKEN"


@dataclass(frozen=True)
class FaultReach:
    """The flags that every command of ``lictor fault`` takes."""

    http_addr: str = ""
    """A node of the cluster to break, HOST:PORT or http://…; by default it is this machine's `lictor dev`."""
    token: str = ""
    """With -http-addr: the token for faults ($LICTOR_FAULT_TOKEN)."""

    def faults(self) -> ClusterFaults:
        """The verbs of that cluster. Raises Failure if there is none."""
        if not self.http_addr:
            return Cluster.running().faults
        token = self.token or os.environ.get(TOKEN, "")
        return ClusterFaults(OverHttp(HttpApi(environment.address(self.http_addr), headers=environment.headers(token))))


HERE = FaultReach()
Where = Annotated[FaultReach, Parameter(name="*")]


class OverHttp:
    """Asks over HTTP what the control socket is asked."""

    def __init__(self, api: HttpApi) -> None:
        self._api = api

    def __call__(self, request: str, **arguments: Any) -> Said:
        """See ``remote_faults.AskFaults``."""
        match request:
            case "faults":
                return {"faults": self._said(self._api.get(FAULTS_PATH))}
            case "heal":
                answer = self._api.delete(f"{FAULTS_PATH}/{quote(arguments['fault'], safe='')}")
                return {"healed": []} if answer.status == 404 else self._reply(answer)
            case "heal_all":
                return self._reply(self._api.delete(FAULTS_PATH))
            case "release":
                return self._reply(self._put("/release", {}))
            case "play":
                return self._reply(self._put("", arguments))
        made = self._reply(self._put("", {"verb": request, **arguments}))
        return {"fault": made["id"], "what": made["what"]}

    def _put(self, path: str, body: Said) -> HttpAnswer:
        return self._api.put(FAULTS_PATH + path, json.dumps(body).encode())

    def _reply(self, answer: HttpAnswer) -> Said:
        said: Said = self._said(answer)
        return said

    def _said(self, answer: HttpAnswer) -> Any:
        """What it replied. Raises Failure with the sentence of a refusal."""
        if answer.status == 200:
            return answer.json()
        return answered({"error": answer.text.removesuffix(".") or f"Unexpected response code: {answer.status}"})
