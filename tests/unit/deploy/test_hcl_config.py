"""Configuration in HCL: the same as in JSON, from files, directories and ``-hcl``; and ``lictor validate``."""

from pathlib import Path

import pytest

from lictor_deploy.config.definitions import service_of
from lictor_deploy.config.load import Sources, load
from lictor_deploy.words.sentence import Failure

HCL = """
server = true
data_dir = "/tmp/x"
ports { http = 9500 }
node_meta { rack = "r1" }
services { name = "db" port = 1 }
service "web" { port = 80 }
check { name = "mem" ttl = "10s" }
check { name = "disk" ttl = "10s" }
"""


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        (tmp_path / name).write_text(content)
        return str(tmp_path / name)

    return write


def read(sources):
    return load(sources, {}, dev=True)[0]


def test_a_file_in_hcl_says_what_one_in_json_says(file):
    config = read(Sources([file("a.hcl", HCL.replace('"web"', ""))]))
    assert (config.server, config.ports.http, config.node_meta) == (True, 9500, {"rack": "r1"})
    assert config.services == [{"name": "db", "port": 1}, {"port": 80}]
    assert [check["name"] for check in config.checks] == ["mem", "disk"]


def test_blocks_of_a_service_are_its_checks(file):
    path = file("a.hcl", 'service { name = "web" checks { ttl = "9s" } } service { name = "b" check { ttl = "9s" } }')
    first, second = (service_of(raw, "n", "no") for raw in read(Sources([path])).services)
    assert [len(first.checks), len(second.checks)] == [1, 1]


def test_a_directory_holds_both_and_fragments_have_the_last_word(file, tmp_path):
    file("1.json", '{"datacenter": "one", "log_level": "WARN"}')
    file("2.hcl", 'datacenter = "two"')
    file("3.txt", "is not read")
    config = read(Sources([], [str(tmp_path)], ['log_level = "ERR"']))
    assert (config.datacenter, config.log_level) == ("two", "ERR")


def test_a_format_holds_for_every_ending(file, tmp_path):
    file("a.conf", 'datacenter = "east"')
    assert read(Sources([], [str(tmp_path)], format="hcl")).datacenter == "east"
    assert read(Sources([file("b.hcl", '{"datacenter": "west"}')], format="json")).datacenter == "west"
    with pytest.raises(Failure, match="-config-format must be json or hcl, not 'yaml'"):
        read(Sources(format="yaml"))


def test_what_is_wrong_names_the_source(file):
    with pytest.raises(Failure, match=r"-hcl is not HCL: line 1, column 4"):
        read(Sources(fragments=["a ="]))
    with pytest.raises(Failure, match=r"-hcl: config key ports\.http must be a whole number"):
        read(Sources(fragments=['ports { http = "x" }']))
    path = Path(file("b.hcl", ""))
    path.write_bytes(b"\xff")
    with pytest.raises(Failure, match=r"b\.hcl is not HCL: 'utf-8' codec"):
        read(Sources([str(path)]))


GOOD = 'data_dir = "/var/x"\nservice { name = "web" port = 80 }'


def test_validate_says_that_all_is_well(lictor, file, tmp_path):
    assert lictor("validate", file("a.hcl", GOOD)).out == "Configuration is valid!\n"
    assert lictor("validate", str(tmp_path), "-quiet") == (0, "", "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("data_dir = ", "is not HCL"),
        ("server = true", "data_dir is missing"),
        ('data_dir = "x" sever = true', "did you mean server"),
        ('data_dir = "x" service { name = "web" port = "x" }', "The definition of service web is wrong"),
        ('data_dir = "x" bootstrap = true bootstrap_expect = 3', "give one of the two"),
    ],
)
def test_validate_says_what_an_agent_would_say(lictor, file, content, words):
    ran = lictor("validate", file("a.hcl", content))
    assert ran.status == 1
    assert "Config validation failed: " in ran.err
    assert words in ran.err


def test_validate_needs_something_to_look_at(lictor):
    assert "name a file or a directory" in lictor("validate").err
