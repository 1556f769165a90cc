import base64
import json

import pytest
from certificates import Signer

SAFE = {
    "data_dir": "/x",
    "bind_addr": "127.0.0.1",
    "acl": {"enabled": True, "default_policy": "deny", "tokens": {"agent": "0a1b2c3d-0000-4000-8000-000000000001"}},
    "audit": {"enabled": True, "sink": {"a": {"type": "file", "format": "json", "path": "/x/audit.json"}}},
    "encrypt": base64.b64encode(bytes(range(32))).decode(),
}


@pytest.fixture(scope="module")
def safe(tmp_path_factory):
    """All of it, with certificates that there are."""
    files = Signer(tmp_path_factory.mktemp("tls")).files("server")
    named = {"ca_file": files.ca_file, "cert_file": files.cert_file, "key_file": files.key_file}
    return {**SAFE, "tls": {"internal_rpc": {"verify_incoming": True, **named}}}


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({"acl": {}}, "no token is asked for"),
        ({"acl": {**SAFE["acl"], "default_policy": "allow"}}, "acl.default_policy to deny"),
        ({"acl": {**SAFE["acl"], "down_policy": "allow"}}, "acl.down_policy to extend-cache or deny"),
        ({"acl": {**SAFE["acl"], "tokens": {}}}, "set acl.tokens.agent"),
        ({"enable_script_checks": True}, "use enable_local_script_checks"),
        ({"enable_fault_injection": True, "fault_injection_token": "t"}, "remove enable_fault_injection"),
        ({"client_addr": "0.0.0.0", "ports": {"https": 8501}}, "tls.https.verify_incoming"),
        ({"audit": {}}, "set audit.enabled and audit.sink"),
        ({"encrypt": ""}, "set encrypt"),
        ({"tls": {}}, "set tls.internal_rpc.verify_incoming"),
        ({"client_addr": "0.0.0.0"}, "listeners that speak in clear"),
    ],
    ids=str,
)
def test_strict_names_what_is_lacking(lictor, tmp_path, safe, change, lacks):
    path = tmp_path / "c.json"
    path.write_text(json.dumps({**safe, **change}))
    assert lictor("validate", str(path)).status == 0
    ran = lictor("validate", "-strict", str(path))
    assert ran.status == 1
    assert lacks in ran.err


def test_strict_is_content_with_all_of_it(lictor, tmp_path, safe):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(safe))
    ran = lictor("validate", "-strict", str(path))
    assert (ran.status, ran.out) == (0, "Configuration is valid!\n")
