"""``lictor agent``: one node, from flags and files. The flags are those of the declared keys, and some of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from inspect import Parameter, Signature
from typing import Any

from lictor_deploy.config.flags import Flag, flags_of, raw_of
from lictor_deploy.config.load import Sources, load
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure

OWN = (
    Flag("dev", "bool", False, "A server of its own that keeps nothing, on 127.0.0.1.", ""),
    Flag(
        "config_file",
        "tuple[str, ...]",
        (),
        "A file with Consul's keys, .json or .hcl; may be given several times.",
        "",
    ),
    Flag("config_dir", "tuple[str, ...]", (), "A directory of such files, read in the order of their names.", ""),
    Flag(
        "config_format", "str | None", None, "json or hcl, for all files; by default their names' endings say it.", ""
    ),
    Flag(
        "hcl",
        "tuple[str, ...]",
        (),
        "A piece of configuration in HCL, read after all files; may be given several times.",
        "",
    ),
)
HELP = """Run one node until it is told to stop.

SIGINT and SIGTERM make a client agent leave and a server just stop; exit code 0 after a graceful leave, else 1.
Both are heard from the first moment on, as process 1 of a container and where a shell had SIGINT ignored.
SIGHUP reads the files again. docs/configuration.md lists the keys, and those that take effect then.

Example: lictor agent -dev
Example: lictor agent -server -bootstrap-expect=3 -data-dir=/var/lib/lictor -retry-join=10.0.0.5

Parameters
----------
"""


def command(of: type[AgentConfig]) -> Callable[..., int]:
    """A function with a parameter for each flag, as cyclopts and ``read_plain`` read it."""
    flags = flags_of(of)

    def agent(**given: Any) -> int:
        return run(of, flags, **given)

    every = (*OWN, *flags)
    agent.__doc__ = HELP + "\n".join(f"{flag.name}\n    {flag.help}" for flag in every)
    agent.__annotations__ = {**{flag.name: flag.takes for flag in every}, "return": "int"}
    agent.__signature__ = Signature(list(map(parameter, every)))  # type: ignore[attr-defined]  # mypy knows it not
    return agent


def parameter(flag: Flag) -> Parameter:
    """One flag as a parameter of a function."""
    return Parameter(flag.name, Parameter.KEYWORD_ONLY, default=flag.default, annotation=flag.takes)


def run(
    of: type[AgentConfig],
    flags: Iterable[Flag],
    *,
    dev: bool = False,
    config_file: tuple[str, ...] = (),
    config_dir: tuple[str, ...] = (),
    config_format: str | None = None,
    hcl: tuple[str, ...] = (),
    **given: Any,
) -> int:
    """Read the configuration and run the node."""
    sources = Sources(config_file, config_dir, hcl, config_format or "")
    read = partial(load, sources, raw_of(flags, given), dev=dev, of=of)
    config, ignored = read()
    if ignored:
        print(f"==> Accepted, but not in force: {', '.join(ignored)}", flush=True)
    if not dev and not config_file and not config_dir and not hcl and given.get("data_dir") is None:
        raise Failure("Nothing says what this agent is. Try `lictor agent -dev`, or give -data-dir or -config-file.")
    from lictor_deploy.agent.run import run_agent

    return run_agent(config, dev=dev, load=lambda: read()[0])


agent = command(AgentConfig)
