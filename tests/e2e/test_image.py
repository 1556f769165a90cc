"""The steps of deploy/docker's Dockerfile, done in a fresh root, and the image's own promises in what they leave.

A builder of images is rarely where tests run. The root here is this machine's files under a layer of the test's own,
with the folders that the image makes empty: what a step forgets to copy or to install is missing as it would be there.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root makes a root of its own"),
]
PYTHON = Path(sys.base_prefix) / "bin" / "python"
Step = tuple[str, str]
Done = subprocess.CompletedProcess[str]


def stages() -> list[list[Step]]:
    """Instructions by stage, each without its own FROM."""
    lines = re.sub(r"\\\n", "", re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)).splitlines()
    found: list[list[Step]] = []
    for word, _, rest in (line.partition(" ") for line in lines if line):
        if word == "FROM":
            found.append([])
        else:
            found[-1].append((word, rest))
    return found


BUILD, IMAGE = stages()


class Image:
    """A root over this machine's, in which commands run as in a container without a network."""

    def __init__(self, place: Path) -> None:
        self.root = place / "root"
        for name in ("root", "layer/upper", "layer/work"):
            (place / name).mkdir(parents=True, exist_ok=True)
        layer = place / "layer"
        mount("tmpfs", "tmpfs", layer)
        for name in ("upper", "work"):
            (layer / name).mkdir()
        mount("overlay", "overlay", self.root, f"lowerdir=/,upperdir={layer / 'upper'},workdir={layer / 'work'}")
        for name in ("opt/lictor", "lictor", "src"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        for folder in PYTHON.parents:  # every user may run the image's interpreter
            (self.root / folder.relative_to("/")).chmod(0o755)

    def run(self, *words: str, user: str = "root", cwd: str = "/", network: bool = False) -> Done:
        switch = [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        alone = "" if network else "ip link set lo up; "
        inside = f"mount -t proc proc /proc; {alone}cd {cwd}; exec {shlex.join([*switch, *words])}"
        new = ["unshare", "-mpf" if network else "-mpfn", "--kill-child"]
        path = f"/opt/lictor/bin:{PYTHON.parent}:/usr/sbin:/usr/bin:/sbin:/bin"
        env = {
            **{n: v for n, v in os.environ.items() if n.startswith("PIP_") or n.lower().endswith("_proxy")},
            "PATH": path,
        }
        enter = 'mount --rbind /dev "$0/dev"; exec chroot "$0" /bin/sh -ec "$1"'
        command = ["timeout", "-k", "1", "250", *new, "/bin/sh", "-ec", enter, str(self.root), inside]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=300)

    def copy(self, said: str, cwd: str) -> None:
        flags, words = [], []
        for word in shlex.split(said):
            (flags if word.startswith("--") else words).append(word)
        if "--from=build" in flags:
            return  # both stages are done in one root
        target = self.root / (Path(cwd) / words[-1]).relative_to("/")
        for source in (ROOT / word for word in words[:-1]):
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
            else:
                shutil.copy(source, target)
        for flag in flags:
            target.chmod(int(flag.removeprefix("--chmod="), 8))


def mount(kind: str, what: str, at: Path, options: str = "rw") -> None:
    done = subprocess.run(
        ["mount", "-t", kind, what, "-o", options, str(at)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this machine lays no root over its own: {done.stderr.strip()}")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """What the Dockerfile makes."""
    place = tmp_path_factory.mktemp("image")
    try:
        made = Image(place)
        cwd = "/"
        for word, said in (*BUILD, ("WORKDIR", "/"), *IMAGE):
            match word:
                case "WORKDIR":
                    cwd = said
                    (made.root / cwd.strip("/")).mkdir(exist_ok=True)
                case "COPY":
                    made.copy(said, cwd)
                case "RUN":
                    done = made.run("/bin/sh", "-ec", said, cwd=cwd, network=True)
                    if "No matching distribution" in done.stderr:
                        pytest.skip("no package index answers")
                    assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        for name in ("root", "layer"):
            subprocess.run(["umount", "-l", str(place / name)], capture_output=True, check=False)


def last(word: str) -> str:
    """What the image's last instruction of this kind says."""
    return [said for each, said in IMAGE if each == word][-1]


def test_the_image_runs_nothing_that_it_was_not_told_to_run(image: Image) -> None:
    done = image.run(*json.loads(last("ENTRYPOINT")), *json.loads(last("CMD")), user=last("USER"), cwd=last("WORKDIR"))
    assert done.returncode == 0, done.stderr
    assert "lictor agent" in done.stdout or "agent" in done.stdout.split()


def test_an_agent_runs_as_the_images_user_and_its_health_check_sees_it(image: Image) -> None:
    (check,) = re.findall(r"CMD (\[.*\])", last("HEALTHCHECK"))
    ready = shlex.join(json.loads(check))
    agent = "lictor agent -server -bootstrap -bind=127.0.0.1 -data-dir=/lictor/data"
    story = (
        f"! {ready}; {agent} > log & until {ready} 2> why; do kill -0 $!; done; kill -TERM $!; wait $! || echo ended $?"
    )
    done = image.run("/bin/sh", "-c", story, user=last("USER"), cwd=last("WORKDIR"))
    assert done.stdout == "ended 1\n", (done.stderr, (image.root / "lictor" / "log").read_text())
    assert done.stderr.startswith("The agent at 127.0.0.1:8500 does not answer: ")
    assert (image.root / "lictor" / "data" / "node-id").stat().st_uid == 8300


def test_nothing_is_copied_that_the_builder_does_not_get() -> None:
    taken = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    sources = [
        word for w, said in (*BUILD, *IMAGE) if w == "COPY" and "--from" not in said for word in said.split()[:-1]
    ]
    assert {source.split("/")[0] for source in sources if not source.startswith("--")} <= taken
