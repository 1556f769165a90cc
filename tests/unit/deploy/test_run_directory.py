import json
import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

import pytest

from lictor_deploy.local.dev import kept_in
from lictor_deploy.local.run_dir import (
    CONTROL,
    announce,
    announced,
    base_dir,
    find_control,
    fresh_dir,
    hold,
    remove,
    run_dir,
)
from lictor_deploy.words.sentence import Failure


@pytest.fixture(autouse=True)
def runtime(monkeypatch):
    monkeypatch.delenv("LICTOR_CONTROL", raising=False)
    with tempfile.TemporaryDirectory(prefix="lictor-") as short:  # pytest's own may be too long for a socket's path
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        yield Path(short)


def listen(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path / CONTROL))
    server.listen()
    return server


def test_the_directory_is_private_and_goes_with_the_cluster():
    with run_dir() as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.exists()


def test_an_announced_cluster_is_found_until_it_ends():
    with run_dir() as path, listen(path):
        assert announce(path)
        assert find_control() == str(path / CONTROL)
    with pytest.raises(Failure, match="No dev cluster is running"):
        find_control()


def test_the_first_of_two_clusters_stays_announced():
    with run_dir() as first, listen(first):
        announce(first)
        with run_dir() as second, listen(second):
            assert not announce(second)
            assert find_control() == str(first / CONTROL)
        assert find_control() == str(first / CONTROL)


def test_the_environment_wins(monkeypatch):
    with run_dir() as first, listen(first), run_dir() as second, listen(second):
        announce(first)
        monkeypatch.setenv("LICTOR_CONTROL", str(second / CONTROL))
        assert find_control() == str(second / CONTROL)


def test_what_a_killed_cluster_left_is_not_found_and_is_swept():
    base = base_dir()
    dead = base / "dev-dead"
    dead.mkdir()
    os.close(hold(dead))
    listen(dead).close()
    (base / "dev.json").write_text(json.dumps({"control": str(dead / CONTROL)}))
    with pytest.raises(Failure, match="No dev cluster"):
        find_control()
    with run_dir() as path, listen(path):
        assert not dead.exists()
        assert announce(path)
        assert announced(base) == str(path / CONTROL)


def test_data_of_a_killed_cluster_go_with_the_next_and_a_living_ones_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = tmp_path / "lictor-data-dead"
    dead.mkdir()
    os.close(hold(dead))
    with kept_in("") as living, kept_in("") as second:
        assert not dead.exists()
        assert sorted(tmp_path.iterdir()) == sorted([living, second])
    assert not list(tmp_path.iterdir())


def test_a_cluster_that_is_killed_while_it_removes_its_data_leaves_them_to_the_next(tmp_path, monkeypatch):
    def killed(path, **_):
        raise SystemExit(f"killed at {path.name}")

    data, lock = fresh_dir("data-", tmp_path)
    (data / "agent-1").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(SystemExit, match="killed at agent-1"):
            remove(data)
    os.close(lock)
    following, lock = fresh_dir("data-", tmp_path)
    os.close(lock)
    assert list(tmp_path.iterdir()) == [following]


def test_a_cluster_that_only_just_starts_is_not_swept():
    """Its control socket does not answer yet; another cluster that starts at the same moment must leave it alone."""
    with run_dir() as path:
        listen(path).close()
        younger = base_dir() / "dev-younger"
        younger.mkdir()
        with run_dir():
            assert path.exists()
            assert younger.exists()


def test_a_damaged_announcement_is_no_cluster():
    (base_dir() / "dev.json").write_text("{")
    with pytest.raises(Failure, match="No dev cluster"):
        find_control()


def test_a_directory_that_others_may_enter_is_refused(runtime):
    theirs = runtime / f"lictor-{os.getuid()}"
    theirs.mkdir(mode=0o755)
    theirs.chmod(0o755)
    with pytest.raises(Failure, match="mode 0700"):
        base_dir()
