import json

import pytest

SAFE = {
    "data_dir": "/x",
    "bind_addr": "127.0.0.1",
    "acl": {"enabled": True, "default_policy": "deny", "tokens": {"agent": "0a1b2c3d-0000-4000-8000-000000000001"}},
}


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
        ({"client_addr": "0.0.0.0"}, "listeners that speak in clear"),
    ],
    ids=str,
)
def test_strict_names_what_is_lacking(lictor, tmp_path, change, lacks):
    path = tmp_path / "c.json"
    path.write_text(json.dumps({**SAFE, **change}))
    assert lictor("validate", str(path)).status == 0
    ran = lictor("validate", "-strict", str(path))
    assert ran.status == 1
    assert lacks in ran.err


def test_strict_is_content_with_all_of_it(lictor, tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(SAFE))
    ran = lictor("validate", "-strict", str(path))
    assert (ran.status, ran.out) == (0, "Configuration is valid!\n")
