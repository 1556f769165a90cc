"""What go-bexpr says of an expression that it cannot read: how far it came, and what might have stood there.

Its parser tries one rule after the other and remembers the farthest place at which a character did not fit, with all
that would have fitted; a few mistakes have words of their own. To name the same, the rules are tried here in its order.
Source: go-bexpr 0.1.2, and the errors of pigeon, which makes its parser. What it said of many mistakes is in
``tests/golden/filter_errors.jsonl``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

NO = -1
"""What a rule returns that does not fit; otherwise it returns where it ends."""
END = "EOF"
Rule = Callable[[int], int]
UNQUOTABLE = re.compile(
    r"""`[^`]*`|"(?:[^"\\\n]|\\(?:[abfnrtv\\"]|x[\da-fA-F]{2}|[0-3][0-7]{2}|u(?![dD][89a-fA-F])[\da-fA-F]{4}|U[\da-fA-F]{8}))*\""""
)
"""A literal of Go."""


def mistakes(text: str) -> str:
    """What is wrong with this expression, "" if go-bexpr can read it. Offsets count bytes, columns characters."""
    reading = _Reading(text)
    fits = reading.whole()
    if reading.errors:
        return "\n".join(reading.errors)
    return "" if fits else reading.farthest()


class _Reading:
    """One attempt. Each method takes a place in the text and tries one rule there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.errors: dict[str, None] = {}
        self._far = 0
        self._wanted: set[str] = set()
        self._grouped: dict[int, int] = {}
        """Where what begins at a place ends: each bracket is tried for several reasons, and all within it again."""

    def farthest(self) -> str:
        """Where it ended, and what was expected there."""
        wanted = sorted(self._wanted, key=lambda shown: (shown == END, shown))
        expected = f"{', '.join(wanted[:-1])} or {wanted[-1]}" if len(wanted) > 1 else "".join(wanted)
        return f"{self._place(self._far)}: no match found, expected: {expected}"

    def _place(self, at: int) -> str:
        line, before = self.text.count("\n", 0, at + 1) + 1, self.text.rfind("\n", 0, at + 1)
        return f"{line}:{at - before} ({len(self.text[:at].encode())})"

    # -- single characters and words ---------------------------------------------

    def _noted(self, at: int, end: int, shown: str) -> int:
        if end == NO and at >= self._far:
            if at > self._far:
                self._far, self._wanted = at, set()
            self._wanted.add(shown)
        return end

    def _word(self, at: int, word: str) -> int:
        shown = '"' + word.replace('"', '\\"') + '"'
        return self._noted(at, at + len(word) if self.text.startswith(word, at) else NO, shown)

    def _one(self, at: int, characters: str) -> int:
        fits = at < len(self.text) and re.match(characters, self.text[at])
        return self._noted(at, at + 1 if fits else NO, characters)

    # -- how rules are put together ------------------------------------------------

    def _all(self, at: int, *parts: str | Rule) -> int:
        for part in parts:
            if at == NO:
                break
            at = self._word(at, part) if isinstance(part, str) else part(at)
        return at

    def _first(self, at: int, *rules: Rule) -> int:
        return next((end for rule in rules if (end := rule(at)) != NO), NO)

    def _often(self, at: int, rule: Rule) -> int:
        while (end := rule(at)) != NO:
            at = end
        return at

    def _wrong(self, at: int, rule: str, words: str) -> int:
        self.errors[f'{self._place(at)}: rule "{rule}": {words}'] = None
        return NO

    # -- the rules, in the order in which they are tried ------------------------------

    def whole(self) -> bool:
        """True if the text is an expression."""
        in_brackets = self._all(0, self._gap, "(", self._gap, self._or, self._gap, ")", self._gap, self._end)
        return in_brackets != NO or self._all(0, self._gap, self._or, self._gap, self._end) != NO

    def _or(self, at: int) -> int:
        return self._chain(at, "or", self._and)

    def _and(self, at: int) -> int:
        return self._chain(at, "and", self._negated)

    def _chain(self, at: int, word: str, term: Rule) -> int:
        end = term(at)
        while end != NO and (further := self._all(end, self._space, word, self._space, term)) != NO:
            end = further
        return end

    def _negated(self, at: int) -> int:
        end = self._all(at, "not", self._space, self._negated)
        if end == NO:
            if at not in self._grouped:
                self._grouped[at] = self._grouping(at)
            end = self._grouped[at]
        return end

    def _grouping(self, at: int) -> int:
        inner = self._all(at, "(", self._gap, self._or, self._gap)
        end = self._all(inner, ")")
        if end == NO and (end := self._match(at)) == NO and inner != NO:
            return self._wrong(inner, "grouping", "Unmatched parentheses")
        return end

    def _match(self, at: int) -> int:
        return self._first(
            at,
            lambda at: self._all(at, self._selector, self._comparison, self._value),
            lambda at: self._all(at, self._selector, self._emptiness),
            self._within,
        )

    def _comparison(self, at: int) -> int:
        return self._first(
            at,
            lambda at: self._all(at, self._gap, "==", self._gap),
            lambda at: self._all(at, self._gap, "!=", self._gap),
            lambda at: self._all(at, self._space, "contains", self._space),
            lambda at: self._all(at, self._space, "not", self._space, "contains", self._space),
            lambda at: self._all(at, self._space, "matches", self._space),
            lambda at: self._all(at, self._space, "not", self._space, "matches", self._space),
        )

    def _emptiness(self, at: int) -> int:
        return self._first(
            at,
            lambda at: self._all(at, self._space, "is", self._space, "empty"),
            lambda at: self._all(at, self._space, "is", self._space, "not", self._space, "empty"),
        )

    def _within(self, at: int) -> int:
        within = self._all(at, self._value, self._membership)
        end = self._all(within, self._selector)
        return self._wrong(within, "match", "Invalid selector") if end == NO != within else end

    def _membership(self, at: int) -> int:
        return self._first(
            at,
            lambda at: self._all(at, self._space, "in", self._space),
            lambda at: self._all(at, self._space, "not", self._space, "in", self._space),
        )

    # -- operands ---------------------------------------------------------------------

    def _selector(self, at: int) -> int:
        return self._all(at, self._name, lambda at: self._often(at, self._step))

    def _name(self, at: int) -> int:
        end = self._one(at, "[a-zA-Z]")
        return end if end == NO else self._often(end, lambda at: self._one(at, "[a-zA-Z0-9_]"))

    def _step(self, at: int) -> int:
        return self._first(at, lambda at: self._all(at, ".", self._name), self._index)

    def _index(self, at: int) -> int:
        opened = self._all(at, "[", self._gap)
        inner = self._all(opened, self._string, self._gap)
        if inner == NO:
            return opened if opened == NO else self._wrong(opened, "index", "Invalid index")
        closed = self._word(inner, "]")
        return closed if closed != NO else self._wrong(inner, "index", "Unclosed index expression")

    def _value(self, at: int) -> int:
        return self._first(at, self._selector, self._number, self._string)

    def _number(self, at: int) -> int:
        sign = self._word(at, "-")
        whole = self._first(at if sign == NO else sign, lambda at: self._word(at, "0"), self._digits)
        if whole == NO:
            return NO
        fraction = self._all(whole, ".", self._digit)
        end = whole if fraction == NO else self._often(fraction, self._digit)
        ends = self._first(end, self._space, self._end, lambda at: self._word(at, ")"))
        return end if ends != NO else self._wrong(end, "number", "Invalid number literal")

    def _digits(self, at: int) -> int:
        return self._all(at, lambda at: self._one(at, "[1-9]"), lambda at: self._often(at, self._digit))

    def _digit(self, at: int) -> int:
        return self._one(at, "[0-9]")

    def _string(self, at: int) -> int:
        opened = self._first(at, lambda at: self._word(at, "`"), lambda at: self._word(at, '"'))
        if opened == NO:
            return NO
        closed = self.text.find(self.text[at], opened) + 1
        if not closed:
            return self._wrong(len(self.text), "string", "Unterminated string literal")
        if UNQUOTABLE.fullmatch(self.text, at, closed) is None:
            self._wrong(at, "string", "invalid syntax")
        return closed

    def _space(self, at: int) -> int:
        return self._all(at, self._blank, self._gap)

    def _gap(self, at: int) -> int:
        return self._often(at, self._blank)

    def _blank(self, at: int) -> int:
        return self._one(at, r"[ \t\r\n]")

    def _end(self, at: int) -> int:
        return self._noted(at, at if at == len(self.text) else NO, END)
