"""docs/configuration.md, from the declarations: ``python -m lictor_deploy.config.page > docs/configuration.md``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lictor_deploy.config.consul_keys import LACKING, NOT_IN_FORCE, OFF, REMOVED
from lictor_deploy.config.flags import shown
from lictor_deploy.config.option import Option, Section, options
from lictor_deploy.config.sections import AgentConfig

HEAD = """\
# Configuration of an agent

`lictor agent` reads Consul's keys from files in JSON or HCL (`-config-file`, `-config-dir`) and from flags. Files come
in the order given, then the files of directories in the order of their names, then pieces of HCL (`-hcl`), then flags.
Later values win, lists append, objects merge key by key. `service` and `check` add one to `services` and `checks`. An
empty file and a key whose value is `null` say nothing. `lictor validate FILE|DIR…` checks files without an agent.

A file is HCL, version 1, if its name ends in `.hcl`, and JSON otherwise; `-config-format` says it for all files:

```hcl
server           = true
bootstrap_expect = 3
data_dir         = "/var/lib/lictor"
performance { raft_multiplier = 1 }
service {
  name = "web"
  port = 8080
  check { http = "http://127.0.0.1:8080/health", interval = "10s" }
}
```

A duration is a text such as `"10s"` or `"1m30s"`, or a number of seconds. A port of -1 switches a listener off, 0 means
its default. An unknown key ends the agent before it starts, with the nearest known one.

Where a key takes addresses, a template of go-sockaddr may stand for those of the machine: `{{ GetPrivateIP }}`,
`{{ GetPublicIP }}`, `{{ GetInterfaceIP "eth0" }}`, and pipelines that begin with `GetAllInterfaces`,
`GetDefaultInterfaces`, `GetPrivateInterfaces` or `GetPublicInterfaces` and go on with `include`, `exclude`, `sort`,
`unique`, `limit`, `offset`, and at the end `attr` or `join`.

A watch runs its handler when what it looks at has changed, and once at the start:

```hcl
watches = [
  { type = "key", key = "app/config", args = ["/usr/local/bin/reload"] },
  { type = "service", service = "web", passingonly = true,
    handler_type = "http", http_handler_config { path = "http://127.0.0.1:9000/changed" } },
]
```

Its types are `key`, `keyprefix`, `services`, `nodes`, `service`, `checks` and `event`. A program gets the JSON on its
standard input and the index in `CONSUL_INDEX`; a URL is sent it by POST, with the index in `X-Consul-Index`. A handler
ends before it runs again. A watch that fails is tried again after five seconds, later each time.

SIGHUP, `lictor reload` and `PUT /v1/agent/reload` read the files again. Keys with *yes* under *reload* are in force
then; of others that have changed the log says that they need a restart. What is wrong with a file is said, and then
nothing changes.

This page is generated from the declarations in `deploy/lictor_deploy/config/sections.py`.
"""
HARMLESS = """\
These keys of Consul's are accepted, and named in a warning when the agent starts: with them and without, Lictor does
the same."""
REFUSED = """\
Consul has these keys, and Lictor not yet. They are refused, so that nothing is believed in that is not there. Those
marked with * are accepted as long as they leave their feature off (`false`, an empty list, `"acl": {"tokens": {}}`)."""
GONE = "Consul itself has these keys no more. They are refused."


def page(of: type[Section] = AgentConfig) -> str:
    """The whole page."""
    keys = table(("key", "type", "default", "flag", "reload", "meaning"), map(row, options(of)))
    refused = ((f"`{key}`{'*' if key in OFF else ''}", why) for key, why in sorted(LACKING.items()))
    removed = ((f"`{key}`", version) for key, version in sorted(REMOVED.items()))
    parts = (
        HEAD,
        "## Keys\n",
        keys,
        "## Accepted, but not in force\n",
        f"{HARMLESS}\n",
        table(("key", "because"), ((f"`{key}`", why) for key, why in sorted(NOT_IN_FORCE.items()))),
        "## Refused\n",
        f"{REFUSED}\n",
        table(("key", "because"), refused),
        f"{GONE}\n",
        table(("key", "since Consul"), removed),
    )
    return "\n".join(parts)


def row(one: Option) -> tuple[str, ...]:
    """One key."""
    default, flag = shown(one), one.flag
    reload = "yes" if one.reloads else ""
    return f"`{one.key}`", one.word, f"`{default}`" if default else "", f"`-{flag}`" if flag else "", reload, one.help


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    return "\n".join(lines(head, rows)) + "\n"


def lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Its lines."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for cells in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    print(page(), end="")
