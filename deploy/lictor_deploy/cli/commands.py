"""The names of the commands, and where each is: all that is known of them before one is chosen."""

from __future__ import annotations

HERE = "lictor_deploy.cli"
COMMANDS = {
    "agent": (f"{HERE}.agent:agent", "Run one node."),
    "dev": (f"{HERE}.dev:dev", "Run a whole cluster on this machine."),
    "members": (f"{HERE}.members:members", "List the members of the gossip pool."),
    "join": (f"{HERE}.members:join", "Make the agent join a cluster."),
    "leave": (f"{HERE}.members:leave", "Make the agent leave and stop."),
    "force-leave": (f"{HERE}.members:force_leave", "Turn a failed member into one that has left."),
    "reload": (f"{HERE}.reload:reload", "Make the agent read its files again."),
    "services": (f"{HERE}.services:app", "Register services with the agent."),
    "maint": (f"{HERE}.maint:maint", "Take a node or a service out of every answer for a while."),
    "kv": (f"{HERE}.kv:app", "Read and write the key-value store."),
    "snapshot": (f"{HERE}.snapshot:app", "Save and restore all that the servers know."),
    "session": (f"{HERE}.session:app", "Make, renew and end sessions."),
    "lock": (f"{HERE}.lock:lock", "Run a command while holding a lock."),
    "catalog": (f"{HERE}.catalog:app", "Look into the catalog."),
    "acl": (f"{HERE}.acl:app", "Say who may do what."),
    "login": (f"{HERE}.login:login", "Exchange another authority's token for one of Lictor's."),
    "logout": (f"{HERE}.login:logout", "Revoke a token that came of a login."),
    "operator": (f"{HERE}.operator:app", "Look after the servers."),
    "event": (f"{HERE}.event:event", "Send an event to every node."),
    "query": (f"{HERE}.query:query", "Ask the members of the gossip pool."),
    "watch": (f"{HERE}.watch:watch", "Run a command whenever something changes."),
    "info": (f"{HERE}.info:info", "Show the agent's figures."),
    "monitor": (f"{HERE}.monitor:monitor", "Show the agent's log as it is written."),
    "rtt": (f"{HERE}.rtt:rtt", "Estimate the round-trip time between two nodes."),
    "fault": (f"{HERE}.fault:app", "Break a running dev cluster on purpose, and heal it."),
    "chaos": (f"{HERE}.chaos:app", "Run scenarios of faults."),
    "sim": (f"{HERE}.sim:sim", "Run clusters under virtual time from a seed."),
    "explain": (f"{HERE}.explain:explain", "Tell the story of a seed."),
    "timeline": (f"{HERE}.timeline:timeline", "Draw what happened, on the terminal or for a browser."),
    "debug": (f"{HERE}.debug:app", "Collect what an agent says of itself into an archive."),
    "tls": (f"{HERE}.tls_files:app", "Make certificates for a cluster."),
    "validate": (f"{HERE}.validate:validate", "Check configuration files."),
    "keyring": (f"{HERE}.keyring:keyring", "Show and change the keys of gossip."),
    "keygen": (f"{HERE}.keygen:keygen", "Print a new key for gossip."),
    "completion": (f"{HERE}.completion:app", "Complete commands and flags in a shell."),
    "version": (f"{HERE}.version:version", "Show the version."),
}
"""Name → where its function lives, and its line in the help. Imported on use: ``lictor version`` pays for nothing
else."""
