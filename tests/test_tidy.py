"""Rules of the house that no linter knows. Each failure says what to do; lists of today's exceptions only shrink."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from pkgutil import iter_modules

import lictor_messages
from lictor_actors.kernel.actor import Actor
from lictor_actors.node.spec import NodeSpec
from lictor_actors.node.tree import tree
from lictor_messages import every
from lictor_messages.base import CLAIM, KINDS, KINDS_ON, STORED, WIRE, Message

ROOT = Path(__file__).parents[1]
SHIPPED = ("lictor", "messages", "actors", "deploy")
FILE_MOST, FUNCTION_MOST = 300, 40

FILES: dict[str, int] = {}
"""Files that are longer than ``FILE_MOST`` lines, and how long they are."""
FUNCTIONS = {
    "deploy/lictor_deploy/cli/dev.py dev": 56,
    "deploy/lictor_deploy/cli/kv.py put": 52,
    "deploy/lictor_deploy/cli/lock.py lock": 54,
    "deploy/lictor_deploy/cli/operator_autopilot.py set_config": 52,
    "deploy/lictor_deploy/cli/operator_recover.py recover": 54,
    "deploy/lictor_deploy/cli/sim.py sim": 109,
    "deploy/lictor_deploy/cli/timeline.py timeline": 54,
}
"""Functions that are longer than ``FUNCTION_MOST`` lines, and how long they are."""
RIDDLES = {
    "actors": 63,
    "benchmarks": 17,
    "deploy": 14,
    "docs": 50,
    "messages": 5,
    "tests": 137,
}
"""How often prose and code say what does not name its subject, by folder."""
RIDDLE = re.compile(r"\b(who|what)ever\b|\bnobody\b|\bwhom\b|\bsomebody\b", re.IGNORECASE)

SECRET = re.compile(r"(token|secret|secret_id|password|passphrase)$")
COMPARED = re.compile(r"(token|secret|secret_id|password|passphrase)\b[^\n]*[!=]=|[!=]=[^\n]*(token|secret|password)")
"""A line on which a secret may be compared."""
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "misc", "common"}
SLEEPS = {
    "tests/harness/live_stage.py": "what it waits for happens in threads of nng and has no event",
    "tests/unit/deploy/test_process_supervisor.py": "the process that is to be killed sleeps",
}
PASSED_ON = (
    "agent.accepted",
    "agent.agent_description",
    "agent.local_checks",
    "agent.local_services",
    "members.event_fired",
    "members.forced_out",
    "members.joined",
    "members.suspicions",
    "pool.pool_answered",
)
"""Answers that no actor declares: the gateway and the door for clients take every answer to what they have asked."""
TO_HOSTS = (
    "host.node_stopping",
    "dns.dns_answered",
    "host.all_located",
    "host.forgotten",
    "host.located",
    "host.redial",
    "keyring.change_keyring",
    "web.http_answered",
)
"""What actors say to their host: ``host@node``, a door."""
NOT_SENT = (
    "acl.take_",
    "agent.agent_options",
    "auth_methods.review_token",
    "auth_methods.verify_jwt",
    "connect_ca.make_root",
    "dns.ask_recursors",
    "faults.",
    "jobs.ping_",
    "jobs.probe_",
    "jobs.run_",
    "journal.",
    "machine.read_",
    "metrics.read_",
    "profiling.take_profile",
    "reload.read_",
    "server.router_options",
    "swim.prober_options",
)
"""How the names of kinds begin that no actor is sent: what it is started with, its records, its jobs, its faults."""
NAMESAKES = {
    "Jobs": "the same work on two grounds, live and in the world",
    "Tap": "the same watching on two grounds, live and in the world",
    "Entry": "Consul's word for a key with its value, and Raft's for a line of its log",
    "Refused": "the message, and the exception that a client raises for it",
    "CheckSpec": "the message, and how a client writes it: with durations, and no unknown fields",
}
"""Names of several public classes, and why each keeps it."""
NOT_YET_RENAMED = {
    "Failure",
    "ReapDue",
}
"""Names of several public classes without a reason."""
A = "lictor_actors."
KNOTS = [
    {A + "kernel.actor", A + "kernel.life", A + "kernel.turn", A + "kernel.vocabulary"},
    {A + "hosts.ground", A + "hosts.node", A + "hosts.seat"},
    {A + f"hosts.world.{part}" for part in ("door", "ground", "machine", "network", "world")},
    {A + "store.snapshot.staged", A + "store.snapshot.thaw", A + "store.store"},
]
"""Modules that are one thing in several files and know each other, most of them for their types alone."""
NOT_YET_UNTIED = [
    {"lictor_deploy.pytest_plugin.presets", "lictor_deploy.pytest_plugin.marker"},
    {"lictor_deploy.timelines.live", "lictor_deploy.timelines.show"},
]
"""Modules that know each other without need."""


# -- the code, read once -----------------------------------------------------------


@cache
def files(*folders: str) -> list[tuple[str, str]]:
    """Path, from the root on, and text of each file of Python there."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in paths]


@cache
def shipped() -> list[tuple[str, ast.Module]]:
    return [(path, ast.parse(text)) for path, text in files(*SHIPPED)]


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements below this one, without their expressions: a tenth of what ``ast.walk`` finds."""
    for part in ("body", "handlers", "orelse", "finalbody", "cases"):
        for statement in getattr(node, part, ()):
            yield statement
            yield from statements(statement)


def module_of(path: str) -> str:
    parts = Path(path).with_suffix("").parts
    parts = parts if parts[0] == "lictor" else parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def ratchet(today: dict[str, int], written: dict[str, int], remedy: str) -> None:
    """Nothing grows, nothing comes new, and what has become less is written down as less."""
    grown = {name: size for name, size in today.items() if size > written.get(name, 0)}
    assert not grown, f"{remedy}: {grown}"
    less = {name: today.get(name, 0) for name, size in written.items() if today.get(name, 0) < size}
    assert not less, f"better than written in tests/test_tidy.py: lower these figures, and take off what has 0: {less}"


# -- size and names ----------------------------------------------------------------


def test_files_are_short() -> None:
    lengths = {path: text.count("\n") for path, text in files(*SHIPPED)}
    long = {path: length for path, length in lengths.items() if length > FILE_MOST}
    ratchet(long, FILES, f"a file holds one idea in at most {FILE_MOST} lines: split these by idea")


def test_functions_are_short() -> None:
    lengths = {
        f"{path} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path, module in shipped()
        for node in statements(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    long = {name: length for name, length in lengths.items() if length > FUNCTION_MOST}
    ratchet(long, FUNCTIONS, f"a function does one thing in at most {FUNCTION_MOST} lines: name its parts")


def test_a_modules_name_says_what_it_is() -> None:
    found = [path for path, _ in files(*SHIPPED, "tests", "benchmarks") if Path(path).stem in SAYS_NOTHING]
    assert not found, f"nobody has decided what these are: name them after what they hold, or move it there: {found}"


def test_sentences_name_their_subject() -> None:
    counts: dict[str, int] = defaultdict(int)
    texts = [(path, text) for path, text in files(*SHIPPED, "tests", "benchmarks") if path != "tests/test_tidy.py"]
    pages = [(f"docs/{page.name}", page.read_text(encoding="utf-8")) for page in sorted((ROOT / "docs").rglob("*.md"))]
    for path, text in (*texts, *pages):
        counts[path.partition("/")[0]] += len(RIDDLE.findall(text))
    ratchet(
        {folder: count for folder, count in counts.items() if count},
        RIDDLES,
        f"say who does what instead of {RIDDLE.pattern}; there are more of these than before",
    )


def test_one_word_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path, module in shipped():
        for node in module.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    twice = {name: paths for name, paths in places.items() if len(paths) > 1}
    new = {name: paths for name, paths in twice.items() if name not in NAMESAKES.keys() | NOT_YET_RENAMED}
    assert not new, f"rename all but one to the field's own words, or say in NAMESAKES why both need the name: {new}"
    gone = (NAMESAKES.keys() | NOT_YET_RENAMED) - twice.keys()
    assert not gone, f"take these off NAMESAKES or NOT_YET_RENAMED: {gone}"


# -- who knows what ----------------------------------------------------------------


def test_modules_know_each_other_in_one_direction() -> None:
    """Imports for type checkers count as well: what cannot be read without the other is one thing in two files."""
    modules = {module_of(path): module for path, module in shipped()}
    graph = {name: set(imported(module, modules)) - knot_of(name) - {name} for name, module in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle = " -> ".join(reversed(error.args[1]))
        raise AssertionError(f"move what both need into a module of its own, or hand it over: {cycle}") from None
    for knot in (*KNOTS, *NOT_YET_UNTIED):
        tied = {name for name in knot & modules.keys() if knot & set(imported(modules[name], modules))}
        assert knot == tied, f"take these off KNOTS or NOT_YET_UNTIED: {knot - tied}"


def knot_of(name: str) -> set[str]:
    return set().union(*(knot for knot in (*KNOTS, *NOT_YET_UNTIED) if name in knot))


def imported(module: ast.Module, modules: dict[str, ast.Module]) -> Iterator[str]:
    for node in statements(module):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_hosts_and_the_bus_name_no_role() -> None:
    roles = {spec.role for spec in tree(NodeSpec(name="n", server=True))} | {"checker"}
    found = [
        f"{path}:{node.lineno} {node.value!r}"
        for path, module in shipped()
        if path.startswith(("actors/lictor_actors/hosts/", "actors/lictor_actors/bus/", "actors/lictor_actors/kernel/"))
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.partition("@")[0] in roles
    ]
    assert not found, f"let the actor's class declare it (kernel/actor.py), or let node/ say it: {found}"


def test_secrets_are_compared_in_constant_time() -> None:
    found = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, text in files(*SHIPPED)
        if COMPARED.search(text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Compare) and compares_secrets(node)
    ]
    assert not found, (
        f"say lictor_messages.secret.is_same: how long == takes tells how much of a guess is right: {found}"
    )


def compares_secrets(node: ast.Compare) -> bool:
    """A secret with what is no constant: such as one of that name that a client has sent."""
    sides = [node.left, *node.comparators]
    names = [side.id if isinstance(side, ast.Name) else getattr(side, "attr", "") for side in sides]
    constant = any(isinstance(side, ast.Constant) for side in sides) or any(name.isupper() for name in names)
    equality = any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
    return equality and not constant and any(SECRET.search(name) for name in names)


# -- messages ----------------------------------------------------------------------


def test_every_kind_that_may_be_sent_has_an_audience() -> None:
    actors = [actor for actor in Actor.__subclasses__() if actor.__module__.startswith("lictor_actors.roles.")]
    sent = {name: kind for name, kind in ours(KINDS).items() if not name.startswith(NOT_SENT) and not claimed(name)}
    unheard = {name for name, kind in sent.items() if not any(a.hears.audience(kind) is not None for a in actors)}
    new = unheard - {*PASSED_ON, *TO_HOSTS}
    assert not new, f"declare these in the Vocabulary of an actor, or delete them: {new}"
    heard = {*PASSED_ON, *TO_HOSTS} - unheard
    assert not heard, f"take these off PASSED_ON or TO_HOSTS: {heard}"


def claimed(name: str) -> bool:
    return any(name in KINDS_ON[channel] for channel in (STORED, CLAIM)) and name not in KINDS_ON[WIRE]


def test_every_kind_of_the_wire_is_written_down() -> None:
    lines = (ROOT / "tests/golden/kinds.txt").read_text(encoding="utf-8").splitlines()
    missing = wire_kinds().keys() - {line.partition(" ")[0] for line in lines}
    assert not missing, f"write these down with LICTOR_REWRITE=1 pytest tests/golden: {missing}"


def test_every_module_of_messages_is_imported_by_every() -> None:
    inside = {f"lictor_messages.{found.name}" for found in iter_modules(lictor_messages.__path__)}
    with_kinds = {kind.__module__ for kind in KINDS.values()} & inside
    missing = with_kinds - {module.__name__ for module in every.MODULES}
    assert not missing, (
        f"import these in lictor_messages/every.py, or frames that hold their kinds are dropped: {missing}"
    )


def wire_kinds() -> dict[str, type]:
    return ours(KINDS_ON[WIRE])


def ours(kinds: Mapping[str, type[Message]]) -> dict[str, type[Message]]:
    """Without those that tests have made up."""
    return {name: kind for name, kind in kinds.items() if kind.__module__.startswith("lictor_messages.")}


# -- what hides mistakes -------------------------------------------------------------


def test_tests_wait_for_events() -> None:
    sleeping = {path for path, text in files("tests") if re.search(r"\bsleep\((?!0\))", text)}
    new = sleeping - SLEEPS.keys() - {"tests/test_tidy.py"}
    assert not new, f"wait for what is to happen, not for time: {new}"
    assert SLEEPS.keys() <= sleeping, f"take these off SLEEPS: {SLEEPS.keys() - sleeping}"


def test_no_error_is_swallowed() -> None:
    code = [*shipped(), *((path, ast.parse(text)) for path, text in files("tests") if swallows(text))]
    found = [
        f"{path}:{node.lineno}"
        for path, module in code
        for node in statements(module)
        if isinstance(node, ast.ExceptHandler) and all(isinstance(line, ast.Pass) for line in node.body) and broad(node)
    ]
    found += [path for path, text in files(*SHIPPED, "tests") if re.search(r"suppress\((Base)?Exception\)", text)]
    assert not found, f"name the exception that is expected, or let it be seen: {found}"


def swallows(text: str) -> bool:
    """Whether it is worth the time to parse this: of most tests a glance says that it is not."""
    return re.search(r"except[^\n]*:\s*pass\b", text) is not None


def broad(handler: ast.ExceptHandler) -> bool:
    named = handler.type
    names = named.elts if isinstance(named, ast.Tuple) else [named]
    return any(
        name is None or (isinstance(name, ast.Name) and name.id in ("Exception", "BaseException")) for name in names
    )
