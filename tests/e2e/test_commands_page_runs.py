"""The examples of docs/commands.md, run one after the other at an agent of a cluster with access control."""

import json
import re

import pytest
from documented import documented
from jwt_authority import SigningKey

from lictor_deploy.cli.main import run
from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
RUN_ELSEWHERE = {
    *("agent", "dev", "chaos", "sim", "explain", "timeline", "fault"),  # clusters of their own; docs/faults.md is run
    *("leave", "force-leave", "join", "reload", "completion"),  # they change the machine, or end what all ask
    *("watch", "monitor", "debug", "lock"),  # they go on until they are stopped, or run a program
}
MADE_UP = re.compile(
    r"0a1b2c3d-0000|10\.0\.0\.|/var/lib/lictor|/etc/lictor\.d|web-1 db-1|127\.0\.0\.2:|-datacenter=dc2"
    r"|^acl bootstrap|transfer-leader|-status=failed|^services deregister -id=web$"
)
"""Commands that name what this cluster has not, or ask for what it cannot do: they are to say so in a sentence."""
TAKES_AWAY = {"delete", "deregister", "destroy"}
CI = SigningKey("ci")
FILES = {
    "web.json": json.dumps({"service": {"id": "web", "name": "web", "port": 8080}}),
    "web.hcl": 'service "web" { policy = "write" }',
    "app.json": json.dumps([{"key": "app/a", "flags": 0, "value": "MQ=="}]),
    "config.json": "{}",
    "ci.json": json.dumps(
        {"JWTValidationPubKeys": [CI.pem], "JWTSupportedAlgs": ["ES256"], "ClaimMappings": {"team": "team"}}
    ),
    "jwt.txt": CI.signed({"sub": "build", "team": "shop", "iat": 1_700_000_000, "exp": 4_102_444_800}),
}
"""What the examples name."""
SHOWN = [
    command.words[1:]
    for command in documented()
    if command.page == "docs/commands.md" and command.words[0] == "lictor" and command.words[1] not in RUN_ELSEWHERE
]
COMMANDS = sorted(SHOWN, key=lambda words: not TAKES_AWAY.isdisjoint(words))
"""As on the page, which is in the order of the alphabet; what takes away comes last."""


def test_each_runs_or_says_why_not(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    with Cluster.local(1, 1, "-profile", "local", "-secure") as cluster:
        for name, value in cluster.environment.items():
            monkeypatch.setenv(name, value)
        assert run(["services", "register", "-id=web1", "-name=web"]) == 0
        assert run(["snapshot", "save", "backup.snap"]) == 0
        capsys.readouterr()
        failed = {}
        for words in COMMANDS:
            status = run(words)
            said = capsys.readouterr()
            if status and not (MADE_UP.search(" ".join(words)) and (said.err or status == 2)):
                failed[" ".join(words)] = said.err
    assert len(COMMANDS) > 70
    assert not failed, "\n".join(f"{words}: {said}" for words, said in failed.items())
