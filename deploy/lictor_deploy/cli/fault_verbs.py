"""A command for each verb, made from the vocabulary: what a scenario file, Python and HTTP can say, a shell can too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from inspect import Parameter as Argument
from inspect import Signature
from typing import Annotated, Any

from cyclopts import Parameter
from pydantic.fields import FieldInfo

from lictor_actors.faults.vocabulary import Verb, written_as

Inject = Callable[[str, dict[str, Any]], None]
WHOM = ("groups", "nodes", "node", "sources", "targets")
"""Parameters that are told by their place; the others are flags."""
EXAMPLES = {
    "partition": "partition server-1,agent-1 server-2,server-3",
    "isolate": "isolate leader -for 10s",
    "bridge": "bridge follower",
    "cut": "cut server-1 server-2",
    "hold": "hold leader followers -match raft.*",
    "delay": "delay servers servers -latency 80ms -jitter 20ms",
    "loss": "loss all all -probability 0.2 -correlation 0.5",
    "duplicate": "duplicate all servers -probability 0.5",
    "reorder": "reorder all all -within 200ms",
    "corrupt": "corrupt agents servers -probability 0.3",
    "bandwidth": "bandwidth agents servers -rate 20000",
    "pause": "pause prober@percent(10)",
    "resume": "resume server@server-1",
    "stall": "stall leader -busy 800ms -every 5s",
    "crash": "crash agent-7",
    "kill": "kill leader -for 5s",
    "stop": "stop server-2 -for 5s",
    "restart": "restart server-2 -wipe",
    "skew": "skew leader -by 30s",
    "drift": "drift one(servers) -rate 1.01",
    "jump": "jump leader -by -2s",
    "slow_disk": "slow-disk leader -fsync 200ms -probability 0.5",
    "full_disk": "full-disk server-1",
    "io_error": "io-error leader",
    "lose_unsynced": "lose-unsynced leader -for 5s",
    "torn_write": "torn-write leader -for 5s",
    "bit_flip": "bit-flip follower",
    "lying_fsync": "lying-fsync server-1 -for 30s",
}
MEANINGS = {
    "groups": "WHO, several times.",
    "sources": "WHO sends",
    "targets": "WHO is sent to",
    "nodes": "WHO",
    "node": "WHO",
    "match": "Only these kinds of messages, like swim.ping or raft.*; may be given several times.",
    "probability": "Share that is hit, 0 to 1",
    "direction": "Seen from whom the fault names first: to, what they send; from, what they are sent; both",
    "duration_s": "Heal by itself after this time, like 10s.",
    "latency_s": "How much later, like 80ms",
    "jitter_s": "And up to this much more, drawn for each message",
    "correlation": "How much one message's fate resembles the last one's on the same link, 0 to 1",
    "within_s": "Up to how much later",
    "bytes_per_s": "Bytes a second.",
    "busy_s": "For how long they take no turns",
    "every_s": "From the beginning of one stall to the next; 0: there is only one",
    "wipe": "Start with an empty disk.",
    "by_s": "By how much, like 30s or -2s.",
    "rate": "1.01 gains a second in a hundred.",
    "fsync_s": "How much longer",
}
ALSO = {"duration_s": ["--for"], "match": ["--kind"], "latency_s": ["--by"], "sources": ["--from"], "targets": ["--to"]}
"""Other names of flags."""


def command(verb: type[Verb], inject: Inject) -> Callable[..., None]:
    """A function for cyclopts that puts this verb in force."""

    signature = Signature(list(_arguments(verb)))

    def run(*words: Any, **flags: Any) -> None:
        said = signature.bind(*words, **flags).arguments
        told = {name: value for name, value in said.items() if value not in (None, ())}
        inject(verb.name, {name: _listed(value) if name in WHOM else value for name, value in told.items()})

    run.__name__ = verb.name
    run.__doc__ = f"{(verb.__doc__ or '').replace('``', '')}\n\nExample: lictor fault {EXAMPLES[verb.name]}"
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {name: argument.annotation for name, argument in signature.parameters.items()}
    return run


def who(text: str) -> Sequence[str]:
    """``a,b`` → two selectors; a comma inside ``percent(20, agents)`` is no separator."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def _listed(value: Any) -> Any:
    return who(value) if isinstance(value, str) else [who(group) for group in value]


def _arguments(verb: type[Verb]) -> Iterator[Argument]:
    fields = verb.model_fields
    for name in (name for name in WHOM if name in fields):
        kind = Argument.VAR_POSITIONAL if name == "groups" else Argument.POSITIONAL_OR_KEYWORD
        yield _argument(name, kind, fields[name], str)
    for name, field in fields.items():
        if name not in WHOM and (verb.lasts or name != "duration_s"):
            # Texts: the vocabulary itself reads them, so that a mistake is the same sentence wherever it is made.
            kind_of = bool if name == "wipe" else tuple[str, ...] if name == "match" else str
            yield _argument(name, Argument.KEYWORD_ONLY, field, kind_of)


def _argument(name: str, kind: Any, field: FieldInfo, type_: Any) -> Argument:
    if name == "groups" or field.is_required():
        return Argument(name, kind, annotation=_annotated(name, field, type_))
    default = () if name == "match" else False if type_ is bool else None
    return Argument(name, kind, default=default, annotation=_annotated(name, field, type_))


def _annotated(name: str, field: FieldInfo, type_: Any) -> Any:
    flag = f"--{written_as(name, field)}"
    names = None if name == "groups" else list(dict.fromkeys([flag, *ALSO.get(name, ())]))
    return Annotated[type_ if field.is_required() or type_ is not str else type_ | None, _parameter(name, names, field)]


def _parameter(name: str, names: list[str] | None, field: FieldInfo) -> Parameter:
    text = MEANINGS[name]
    if not text.endswith("."):
        text += "." if field.is_required() else f" ({_plain(field.default)})."
    return Parameter(name=names, help=text, allow_leading_hyphen=name == "by_s")  # a clock may be behind


def _plain(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
