"""The log: causes, levels by actor, JSON, files that rotate, what is refused, and that no token gets into it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lictor_actors.hosts.doors.http.request_log import logged
from lictor_actors.hosts.live.faults import LiveRules
from lictor_actors.hosts.live.log_lines import ConsulFormat, JsonFormat, about, log_of, set_threshold
from lictor_actors.hosts.live.told import Told
from lictor_deploy.agent.log import start_agent_log
from lictor_deploy.agent.log_file import LogFile
from lictor_deploy.config.load import Sources, load
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure
from lictor_messages.secret import without_token
from lictor_messages.web import HttpAnswered, HttpAsked


class Lines(logging.Handler):
    def __init__(self, lines: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(lines)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


@pytest.fixture(autouse=True)
def root() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def listening(root: logging.Logger, level: str = "INFO", *, as_json: bool = False, **others: str) -> Lines:
    handler = Lines(JsonFormat() if as_json else ConsulFormat())
    root.handlers[:] = [handler]
    set_threshold(level, others)
    return handler


def test_a_line_of_a_request_ends_in_its_cause_and_others_have_none(root: logging.Logger) -> None:
    heard = listening(root)
    told = Told(LiveRules.__new__(LiveRules), None)
    told._faults.tap = None
    told.note("server@n1.dc1", "leads", "abc.1")
    told.note("server@n1.dc1", "leads")
    told.crashed("agent@n1.dc1", ValueError("x"), "abc.2")
    assert heard.said[0].endswith("server@n1.dc1 leads: cause=abc.1")
    assert heard.said[1].endswith("server@n1.dc1 leads")
    assert "agent@n1.dc1 crashed: cause=abc.2\nValueError: x" in heard.said[2]


def test_in_json_the_cause_is_a_key_and_the_module_the_actor(root: logging.Logger) -> None:
    heard = listening(root, as_json=True)
    log_of("server").warning("%s waits", "server@n1.dc1", extra=about("abc.1"))
    logging.getLogger("lictor").info("agent: leaves")
    first, second = map(json.loads, heard.said)
    assert (first["@module"], first["cause"], first["@level"]) == ("server", "abc.1", "warn")
    assert (second["@module"], second["@message"], "cause" in second) == ("agent", "leaves", False)


def test_an_actor_may_have_a_level_of_its_own(root: logging.Logger) -> None:
    heard = listening(root, "WARNING", server="TRACE", prober="ERROR")
    for part in ("server", "prober", "agent"):
        for level in (5, logging.WARNING):
            log_of(part).log(level, part)
    assert [line.split()[-1] for line in heard.said] == ["server", "server", "agent"]
    set_threshold("WARNING")
    log_of("server").info("now it is as quiet as the others")
    assert len(heard.said) == 3


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("/v1/kv/a?token=secret", "/v1/kv/a?token=<hidden>"),
        ("/v1/kv/a?raw&token=secret&dc=dc1", "/v1/kv/a?raw&token=<hidden>&dc=dc1"),
        ("/v1/kv/a?%74oken=secret", "/v1/kv/a?%74oken=<hidden>"),
        ("/v1/kv/a?Token=secret", "/v1/kv/a?Token=<hidden>"),
        ("/v1/kv/token=x", "/v1/kv/token=x"),
        ("/v1/kv/a?token=secret&token=secret", "/v1/kv/a?token=<hidden>&token=<hidden>"),
    ],
)
def test_no_token_gets_into_the_log(root: logging.Logger, target: str, written: str) -> None:
    assert without_token(target) == written
    heard, answers = listening(root, "DEBUG"), []
    asked = HttpAsked(method="GET", target=target, headers=(("x-consul-token", "secret"),), body=b"secret", peer="::1")
    logged(asked, "abc.1", answers.append)(HttpAnswered(status=204))
    assert [answer.status for answer in answers] == [204]
    (line,) = heard.said
    assert f"Request finished: method=GET url={written} from=::1 status=204 latency=" in line
    assert line.endswith("ms: cause=abc.1")
    assert "secret" not in line


def said_in(folder: Path) -> list[str]:
    return [file.read_text() for file in sorted(folder.glob("agent-*.log"))]


def lines_of(folder: Path, *, keep: int = 0, most_bytes: int = 0, most_ns: int = 10**18, times: int = 5) -> list[str]:
    file = LogFile(str(folder / "agent.log"), most_bytes=most_bytes, most_ns=most_ns, keep=keep)
    for number in range(times):
        file.emit(logging.LogRecord("lictor", logging.INFO, "", 0, f"line {number}", None, None))
    file.close()
    return said_in(folder)


def test_a_file_that_is_full_is_followed_by_another(tmp_path: Path) -> None:
    assert lines_of(tmp_path, most_bytes=15) == ["line 0\nline 1\n", "line 2\nline 3\n", "line 4\n"]


def test_a_line_that_is_larger_than_any_file_stands_alone(tmp_path: Path) -> None:
    assert lines_of(tmp_path, most_bytes=3) == [f"line {number}\n" for number in range(5)]


def test_a_file_that_is_old_is_followed_by_another(tmp_path: Path) -> None:
    assert lines_of(tmp_path, most_ns=0)[1:] == [f"line {number}\n" for number in range(5)]


@pytest.mark.parametrize(("keep", "left"), [(2, 3), (-1, 1), (0, 5)])
def test_so_many_older_files_stay(tmp_path: Path, keep: int, left: int) -> None:
    (tmp_path / "agent-not-a-time.log").write_text("of another program")
    files = lines_of(tmp_path, keep=keep, most_bytes=3)
    assert [text for text in files if text.startswith("line")] == [f"line {n}\n" for n in range(5 - left, 5)]
    assert "of another program" in files


def test_a_name_that_ends_in_a_slash_is_a_directory(tmp_path: Path) -> None:
    LogFile(f"{tmp_path}/", most_bytes=0, most_ns=1, keep=0).close()
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("lictor-")


class Full:
    """A file on a disk that has no room."""

    name = "agent.log"

    def write(self, _: str) -> None:
        raise OSError(28, "No space left on device")


def test_lines_that_cannot_be_written_are_counted_and_said_once(tmp_path: Path, capsys: Any) -> None:
    file = LogFile(str(tmp_path / "agent.log"), most_bytes=0, most_ns=10**18, keep=0)
    file._file.close()
    file._file = Full()  # type: ignore[assignment]
    for _ in range(3):
        file.emit(logging.LogRecord("lictor", logging.INFO, "", 0, "x", None, None))
    assert file.lost == 3
    assert capsys.readouterr().err == "The log file agent.log cannot be written: No space left on device.\n"


def test_an_agent_writes_to_its_output_and_its_file(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("faulthandler.enable", lambda _: None)
    start_agent_log(AgentConfig(log_json=True, log_file=f"{tmp_path}/agent.log"))
    log_of("agent").info("hello")
    (text,) = said_in(tmp_path)
    assert json.loads(text)["@message"] == json.loads(capsys.readouterr().out)["@message"] == "hello"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"log_levels": {"servr": "INFO"}}, "log_levels.servr: 'servr' writes no log: use agent, checker"),
        (
            {"log_levels": {"server": "LOUD"}},
            "log_levels.server 'LOUD' is no level: use TRACE, DEBUG",
        ),
        ({"syslog_facility": "NOISE"}, "syslog_facility 'NOISE' is no facility of syslog"),
        ({"log_rotate_max_files": -2}, "log_rotate_max_files must be a number of files"),
        ({"telemetry": {"prefix_filter": ["consul.raft"]}}, "prefix_filter 'consul.raft' is no filter"),
        ({"telemetry": {"statsd_address": "10.0.0.1:8125"}}, "are sent nowhere. Remove it"),
        ({"telemetry": {"circonus_api_token": "x"}}, "are sent nowhere. Remove it"),
        ({"telemetry": {"prefix_filtr": []}}, "did you mean telemetry.prefix_filter?"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(raw: dict[str, Any], words: str, tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text(json.dumps(raw))
    with pytest.raises(Failure) as failure:
        load(Sources([str(file)]), {}, dev=True)
    assert words in str(failure.value)


def test_harmless_keys_of_telemetry_are_taken_with_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text(json.dumps({"telemetry": {"disable_compat_1.9": True, "statsd_address": ""}}))
    assert load(Sources([str(file)]), {}, dev=True)[1] == ["telemetry.disable_compat_1.9"]


@pytest.mark.parametrize(("key", "value"), [("log_file", "/nowhere/at/all.log"), ("enable_syslog", True)])
def test_a_place_that_is_not_there_ends_the_agent_with_a_sentence(key: str, value: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("faulthandler.enable", lambda _: None)
    monkeypatch.setattr("lictor_deploy.agent.log.SYSLOG", "/nowhere/log")
    with pytest.raises(Failure, match=key):
        start_agent_log(AgentConfig(**{key: value}))
