import pytest

SCENARIO = """
duration = "2s"
[cluster]
agents = 1
[[step]]
at = "500ms"
for = "500ms"
isolate = "leader"
[expect]
eventually = { one_leader = "20s" }
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "one.toml"
    path.write_text(SCENARIO)
    return path


def test_run_tells_what_it_showed(lictor, file):
    ran = lictor("chaos", "run", str(file), "-seed", "3")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("one, sim, seed 3: ok\n")
    assert "one_leader after" in ran.out


def test_a_trace_goes_to_standard_output_and_the_verdict_beside_it(lictor, file):
    ran = lictor("chaos", "run", str(file), "-trace")
    assert ran.status == 0
    assert "! f1 isolate server-" in ran.out
    assert "one, sim, seed 1: ok" in ran.err


def test_a_scenario_that_ls_lists_runs_by_its_name(lictor, file, monkeypatch):
    (file.parent / "scenarios").mkdir()
    file.rename(file.parent / "scenarios" / "one.toml")
    monkeypatch.chdir(file.parent)
    assert lictor("chaos", "run", "one", "-seed", "3").out.startswith("one, sim, seed 3: ok\n")


def test_check_names_every_wrong_file_with_its_line(lictor, file, tmp_path):
    wrong = tmp_path / "two.toml"
    wrong.write_text(SCENARIO.replace("isolate", "isolat"))
    assert lictor("chaos", "check", str(file)).out == f"{file}: ok, 1 steps in 2 s, 1 expectations\n"
    ran = lictor("chaos", "check", str(file), str(wrong))
    assert ran.status == 1
    assert f"{wrong}:8: step.1.isolat: there is no 'isolat' in a step: did you mean 'isolate'?" in ran.err


def test_ls_shows_presets_and_files(lictor, file, tmp_path):
    (tmp_path / "other.toml").write_text('[tool]\nname = "x"\n')
    ran = lictor("chaos", "ls", str(tmp_path))
    assert "split-brain" in ran.out
    assert "one.toml" in ran.out
    assert "other.toml" not in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "wam"], "there is no preset 'wam'"),
        (["run", "none.toml"], "cannot be read"),
        (["run", "wan", "-seeds", "0"], "1 or more"),
        (["run", "wan", "-jobs", "-1"], "-jobs must be 1 or more"),
        (["run", "wan", "-live", "-seeds", "3"], "cannot be replayed"),
        (["run", "wan", "-trace", "-seeds", "3"], "-trace and -timeline show one run"),
        (["run", "wan", "-timeline", "x.jsonl", "-seeds", "3"], "-trace and -timeline show one run"),
        (["run", "wan", "-timeline", "/none/x.jsonl"], "Cannot write /none/x.jsonl: No such file or directory."),
        (["check"], "Name a scenario file"),
    ],
)
def test_what_cannot_be_run_is_a_sentence(lictor, words, said):
    ran = lictor("chaos", *words)
    assert ran.status == 1
    assert said in ran.err
    assert "Traceback" not in ran.err
