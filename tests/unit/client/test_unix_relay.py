"""The relay of the tests leaves nothing open when its loop ends: what it left was found open in later tests."""

from __future__ import annotations

import gc
import socket
import warnings

import pytest
from unix_relay import unix_relay


@pytest.mark.slow
def test_a_connection_that_is_open_at_the_end_is_closed_with_both_its_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as site, warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always")
        with unix_relay(f"127.0.0.1:{site.getsockname()[1]}") as url, socket.socket(socket.AF_UNIX) as client:
            client.connect(url.removeprefix("unix://"))
            client.sendall(b"hello")
            far, _ = site.accept()
            assert far.recv(5) == b"hello"
        with far:
            assert far.recv(5) == b""
        gc.collect()
    assert [str(warning.message) for warning in left] == []


def test_one_that_leads_nowhere_hangs_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as site:
        nowhere = f"127.0.0.1:{site.getsockname()[1]}"
    with unix_relay(nowhere) as url, socket.socket(socket.AF_UNIX) as client:
        client.connect(url.removeprefix("unix://"))
        assert client.recv(1) == b""
