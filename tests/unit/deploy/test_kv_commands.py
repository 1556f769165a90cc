import base64
import io
import sys

import pytest


def entry(key, value=b"", **fields):
    encoded = base64.b64encode(value).decode() if value else None
    base = {"LockIndex": 0, "Key": key, "Flags": 0, "Value": encoded, "CreateIndex": 7, "ModifyIndex": 9}
    return base | fields


def test_get_prints_the_value(lictor, agent):
    agent.on("GET", "/v1/kv/a/b", [entry("a/b", b"hello")])
    assert lictor("kv", "get", "a/b")[:2] == (0, "hello\n")


def test_get_of_a_missing_key_is_status_1_with_consuls_words(lictor, agent):
    assert lictor("kv", "get", "x") == (1, "", "Error! No key exists at: x\n")


def test_a_slash_in_front_of_a_key_is_taken_off(lictor, agent):
    agent.on("GET", "/v1/kv/a", [entry("a", b"1")])
    assert lictor("kv", "get", "/a").out == "1\n"


def test_an_empty_value_is_an_empty_line(lictor, agent):
    agent.on("GET", "/v1/kv/a", [entry("a")])
    assert lictor("kv", "get", "a").out == "\n"


def test_a_key_is_escaped_in_the_path(lictor, agent):
    lictor("kv", "get", "a b?c/ü")
    assert agent.asked[0].target == "/v1/kv/a%20b%3Fc/%C3%BC"


def test_get_detailed_shows_every_field_in_consuls_columns(lictor, agent):
    agent.on("GET", "/v1/kv/a", [entry("a", b"1", Flags=42)])
    assert lictor("kv", "get", "-detailed", "a").out == (
        "CreateIndex      7\n"
        "Flags            42\n"
        "Key              a\n"
        "LockIndex        0\n"
        "ModifyIndex      9\n"
        "Session          -\n"
        "Value            1\n"
    )


def test_get_base64(lictor, agent):
    agent.on("GET", "/v1/kv/a", [entry("a", b"\x00\xff")])
    assert lictor("kv", "get", "-base64", "a").out == "AP8=\n"


def test_recurse_prints_key_and_value(lictor, agent):
    agent.on("GET", "/v1/kv/a", [entry("a/1", b"x"), entry("a/2", b"y")])
    assert lictor("kv", "get", "-recurse", "a").out == "a/1:x\na/2:y\n"
    assert agent.asked[0].target == "/v1/kv/a?recurse="


def test_recurse_false_reads_one_key(lictor, agent):
    agent.on("GET", "/v1/kv/a", [entry("a", b"x")])
    assert lictor("kv", "get", "-recurse=false", "a").out == "x\n"
    assert agent.asked[0].target == "/v1/kv/a"


def test_recurse_over_nothing_is_no_error(lictor, agent):
    assert lictor("kv", "get", "-recurse", "a") == (0, "", "")


def test_keys_come_one_a_line_up_to_the_separator(lictor, agent):
    agent.on("GET", "/v1/kv/", ["a/", "b"])
    assert lictor("kv", "get", "-keys", "-separator=/").out == "a/\nb\n"
    assert agent.asked[0].target == "/v1/kv/?keys=&separator=%2F"


def test_get_without_a_key_is_refused(lictor, agent):
    assert lictor("kv", "get").status == 1
    assert agent.asked == []


def test_put_says_where_it_was_written(lictor, agent):
    agent.on("PUT", "/v1/kv/x", True)
    assert lictor("kv", "put", "x", "hello") == (0, "Success! Data written to: x\n", "")
    assert agent.asked[0].body == b"hello"


@pytest.mark.parametrize("data", ["-5", "-"])
def test_put_takes_data_that_begins_with_a_dash(lictor, agent, monkeypatch, data):
    class Stdin:
        buffer = io.BytesIO(b"from stdin")

    monkeypatch.setattr(sys, "stdin", Stdin)
    agent.on("PUT", "/v1/kv/x", True)
    lictor("kv", "put", "x", data)
    assert agent.asked[0].body == (b"from stdin" if data == "-" else b"-5")


def test_bytes_that_are_no_text_are_a_value_and_no_key(lictor, agent):
    agent.on("PUT", "/v1/kv/k", True)
    assert lictor("kv", "put", "k", "\udcff").status == 0
    assert agent.asked[0].body == b"\xff"
    assert "is not valid UTF-8" in lictor("kv", "put", "k\udcff", "v").err


def test_a_path_that_would_be_another_is_told(lictor, agent):
    agent.on("PUT", "/v1/kv/a//b", status=301)
    assert "empty parts" in lictor("kv", "put", "a//b", "v").err


def test_put_reads_a_file(lictor, agent, tmp_path):
    (tmp_path / "f").write_bytes(b"\x00file")
    agent.on("PUT", "/v1/kv/x", True)
    lictor("kv", "put", "x", f"@{tmp_path / 'f'}")
    assert agent.asked[0].body == b"\x00file"


def test_put_of_a_file_that_is_not_there_writes_nothing(lictor, agent):
    ran = lictor("kv", "put", "x", "@/nowhere")
    assert ran.status == 1
    assert "No such file" in ran.err
    assert agent.asked == []


@pytest.mark.parametrize("text", ["AP8=", "AP8=\n", "A\nP8=", "AP8\r\n=\r\n", "\nAP8="])
def test_put_decodes_base64_also_in_lines(lictor, agent, text):
    agent.on("PUT", "/v1/kv/x", True)
    lictor("kv", "put", "-base64", "x", text)
    assert agent.asked[0].body == b"\x00\xff"


@pytest.mark.parametrize(("text", "at"), [("%%", 0), ("AP8", 0), ("AP 8=", 2), ("AP8_", 3), ("AP8=AP8=", 4), ("é", 0)])
def test_put_says_where_base64_ends(lictor, agent, text, at):
    ran = lictor("kv", "put", "-base64", "x", text)
    assert ran.status == 1
    assert f"illegal base64 data at input byte {at}." in ran.err
    assert agent.asked == []


def test_cas_that_loses_is_status_1(lictor, agent):
    agent.on("PUT", "/v1/kv/x", False)
    ran = lictor("kv", "put", "-cas", "-modify-index=5", "x", "y")
    assert (ran.status, ran.err) == (1, "Error! Did not write to x: CAS failed\n")
    assert agent.asked[0].target == "/v1/kv/x?flags=0&cas=5"


def test_an_answer_other_than_200_is_shown_with_its_status(lictor, agent):
    agent.on("PUT", "/v1/kv/x", b"No cluster leader", status=500)
    assert lictor("kv", "put", "x", "y").err == "Unexpected response code: 500 (No cluster leader)\n"


def test_delete(lictor, agent):
    agent.on("DELETE", "/v1/kv/x", True)
    assert lictor("kv", "delete", "x").out == "Success! Deleted key: x\n"


def test_delete_recurse(lictor, agent):
    agent.on("DELETE", "/v1/kv/x/", True)
    assert lictor("kv", "delete", "-recurse", "x/").out == "Success! Deleted keys with prefix: x/\n"
    assert agent.asked[0].target == "/v1/kv/x/?recurse="


@pytest.mark.parametrize(
    "flags",
    [["-cas"], ["-modify-index=3"], ["-recurse", "-cas", "-modify-index=3"]],
    ids=["no index", "no cas", "both"],
)
def test_delete_refuses_flags_that_contradict(lictor, agent, flags):
    assert lictor("kv", "delete", *flags, "x").status == 1
    assert agent.asked == []


def test_delete_without_key_needs_recurse(lictor, agent):
    assert lictor("kv", "delete").status == 1
    assert agent.asked == []
