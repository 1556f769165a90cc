"""What another user of this machine has made in a shared directory is neither used nor followed. These run as root."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from lictor_actors.hosts.disks.file import FileDisk
from lictor_deploy.agent.limits import own_directory
from lictor_deploy.agent.pid_file import pid_file
from lictor_deploy.local.run_dir import FaultToken, base_dir
from lictor_deploy.words.sentence import Failure

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="needs root, to be a second user as well")
OTHER = 4321


@pytest.fixture
def shared(monkeypatch):
    """A directory like /tmp, in which any user may make something."""
    with tempfile.TemporaryDirectory(prefix="shared-") as name:
        place = Path(name)
        place.chmod(0o1777)
        monkeypatch.setenv("XDG_RUNTIME_DIR", name)
        yield place


def planted(path: Path, target: Path | None = None) -> Path:
    if target is None:
        path.mkdir(mode=0o700)
    else:
        path.symlink_to(target)
    os.chown(path, OTHER, OTHER, follow_symlinks=False)
    return path


def test_a_run_directory_that_another_user_made_is_refused(shared):
    planted(shared / "lictor-0")
    with pytest.raises(Failure, match=rf"lictor-0 was made by another user \({OTHER}\)\. Set XDG_RUNTIME_DIR"):
        base_dir()


def test_a_link_in_its_place_is_refused_wherever_it_leads(shared, tmp_path):
    planted(shared / "lictor-0", tmp_path)
    with pytest.raises(Failure, match="another user"):
        base_dir()
    (shared / "lictor-0").unlink()
    (shared / "lictor-0").symlink_to(tmp_path)
    with pytest.raises(Failure, match="must be a directory of yours"):
        base_dir()
    assert list(tmp_path.iterdir()) == []


def test_a_place_in_which_others_may_replace_it_is_refused(shared):
    shared.chmod(0o777)
    with pytest.raises(Failure, match=r"Any user may replace what is in .*: it has no sticky bit\. .*chmod \+t"):
        base_dir()


@pytest.mark.parametrize("kind", ["directory", "link"])
def test_a_data_directory_that_another_user_made_in_a_shared_one_is_refused(shared, tmp_path, kind):
    data = planted(shared / "data", None if kind == "directory" else tmp_path)
    with pytest.raises(Failure, match=rf"The {kind} .*data was made by another user \({OTHER}\) in .*-data-dir"):
        own_directory(data)
    assert list(data.iterdir()) == []


def test_ones_own_link_to_a_data_directory_is_followed(shared, tmp_path):
    (shared / "data").symlink_to(tmp_path)
    os.close(own_directory(shared / "data"))
    assert (tmp_path / "lock").exists()


def write_journal(place: Path) -> None:
    FileDisk(place).write_at("victim", 0, b"x")


def write_token(place: Path) -> None:
    FaultToken("secret", place / "victim").keep()


def write_pid(place: Path) -> None:
    with pid_file(str(place / "victim")):
        pass


@pytest.mark.parametrize("write", [write_journal, write_token, write_pid])
def test_a_link_is_not_written_through(tmp_path, write):
    """In a directory without a sticky bit: in others Linux itself may refuse to follow it."""
    theirs = tmp_path / "theirs"
    theirs.write_text("untouched")
    planted(tmp_path / "victim", theirs)
    with pytest.raises((OSError, Failure), match=r"(?i)too many levels of symbolic links"):
        write(tmp_path)
    assert theirs.read_text() == "untouched"


def test_a_secret_that_is_written_again_is_closed_before_it_is_there(tmp_path):
    file = tmp_path / "token"
    file.touch(mode=0o644)
    FaultToken("secret", file).keep()
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("secret\n", 0o600)
