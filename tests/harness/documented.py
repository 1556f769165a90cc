"""The commands that the documentation shows, taken apart as a shell would: pages > blocks > simple commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *(page for folder in ("docs", "examples", "deploy") for page in sorted((ROOT / folder).rglob("*.md"))),
]
BLOCK = re.compile(r"^( *)```(sh|console)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
HERE = re.compile(r"<<\s*'?(\w+)'?([^\n]*)\n.*?^\s*\1$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"(^|\s)#(?=\s|!).*$", re.MULTILINE)
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
BETWEEN = ";&|()\n"
BEFORE = {"until", "while", "do", "if", "then", "else", "!", "{", "sudo", "nohup", "command", "exec", "env"}
"""Words after which a command begins."""
ENDS = {"}", "done", "fi", "…", "..."}


class Command(NamedTuple):
    """One simple command: where it stands, and its words."""

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}: {shlex.join(self.words)}"


def documented() -> list[Command]:
    """Each simple command of each page, once."""
    found = [
        Command(str(page.relative_to(ROOT)), words)
        for page in PAGES
        for _, language, text in BLOCK.findall(page.read_text(encoding="utf-8"))
        for words in simple(typed(text) if language == "console" else text)
    ]
    return list(dict.fromkeys(found))


def typed(text: str) -> str:
    """What a reader types of a session with prompts."""
    lines = re.findall(r"^\s*\$ (.*(?:(?<=\\)\n.*)*)", text, re.MULTILINE)
    return "\n".join(lines)


def simple(text: str) -> Iterator[tuple[str, ...]]:
    """The simple commands of a script, without what is redirected, assigned, or written into a file here."""
    script = COMMENT.sub(r"\1", HERE.sub(r"\2", text)).replace("\\\n", " ")
    lexer = shlex.shlex(script, posix=True, punctuation_chars=f"{BETWEEN}<>")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    words: list[str] = []
    redirected = False
    for token in [*lexer, "\n"]:
        if redirected:
            redirected = False
        elif set(token) <= {*BETWEEN}:
            if command := _bare(words):
                yield command
            words = []
        elif set(token) <= {*"<>&"}:
            redirected = True
            words = words[:-1] if words and words[-1].isdigit() else words  # 2>file
        else:
            words.append(token)


def _bare(words: list[str]) -> tuple[str, ...]:
    rest = [word for word in words if word not in ENDS]
    while rest and (rest[0] in BEFORE or ASSIGNMENT.fullmatch(rest[0])):
        rest.pop(0)
    return tuple(rest)
