import os
import resource
import socket

import pytest

from lictor_deploy.agent.limits import Listener, own_directory, raise_file_limit, require_free
from lictor_deploy.words.sentence import Failure


@pytest.fixture
def limit(monkeypatch):
    state = {"now": (100, 1000)}
    monkeypatch.setattr(resource, "getrlimit", lambda _what: state["now"])
    monkeypatch.setattr(resource, "setrlimit", lambda _what, new: state.update(now=new))
    return state


def test_the_soft_limit_is_lifted_to_the_hard_one(limit):
    raise_file_limit(500)
    assert limit["now"] == (1000, 1000)


def test_a_hard_limit_that_is_too_low_says_what_to_do(limit):
    with pytest.raises(Failure, match=r"Only 1000 files .* `ulimit -Hn 5000`"):
        raise_file_limit(5000)


@pytest.mark.parametrize("shared", [0, 1])
def test_a_taken_port_is_named_with_the_way_out(shared):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, shared)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Failure, match=rf"127.0.0.1:{port} \(HTTP\) is already in use.* or use -http-port\."):
            require_free([Listener("127.0.0.1", port, "HTTP", "use -http-port")])
    require_free([Listener("127.0.0.1", port, "HTTP", "use -http-port")])


def test_who_connects_while_ports_are_looked_at_is_refused_and_not_reset(monkeypatch):
    monkeypatch.setattr(socket.socket, "listen", lambda *_: pytest.fail("somebody may connect now"))
    require_free([Listener("127.0.0.1", 0, "HTTP", "use -http-port")])


def test_an_address_of_another_machine_is_said():
    with pytest.raises(Failure, match=r"no such address\. Name one"):
        require_free([Listener("192.0.2.1", 8500, "HTTP", "use -client")])


def test_a_data_directory_belongs_to_one_process(tmp_path):
    lock = own_directory(tmp_path / "new" / "dir")
    with pytest.raises(Failure, match="in use"):
        own_directory(tmp_path / "new" / "dir")
    os.close(lock)
    os.close(own_directory(tmp_path / "new" / "dir"))


def test_a_data_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Failure, match="-data-dir"):
        own_directory(tmp_path / "file" / "sub")
