from pathlib import Path

import pytest

from lictor_deploy.agent.bootstrap_reset import FILE, ResetFile
from lictor_messages.acl import TakeBootstrapReset


@pytest.mark.parametrize(
    ("said", "index", "stays"),
    [("17\n", 17, False), ("16", 16, True), ("x", 0, True), ("", 0, True), ("9" * 30, 0, True)],
)
async def test_a_file_that_names_the_bootstrap_is_good_once(tmp_path: Path, said: str, index: int, stays: bool) -> None:
    path = tmp_path / FILE
    path.write_text(said)
    taken = await ResetFile(str(tmp_path)).take(TakeBootstrapReset(ticket="t", index=17))
    assert (taken.ticket, taken.index) == ("t", index)
    assert path.exists() == stays


@pytest.mark.parametrize("directory", ["", "/none"])
async def test_without_a_file_nothing_is_reset(directory: str) -> None:
    assert (await ResetFile(directory).take(TakeBootstrapReset(ticket="t", index=17))).index == 0
