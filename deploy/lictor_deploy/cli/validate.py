"""``lictor validate``: whether an agent would start with these files."""

from __future__ import annotations

from pathlib import Path

from lictor_deploy.agent.hardening import lacking
from lictor_deploy.agent.lane_tls import lane_terms
from lictor_deploy.agent.spec import definitions_of
from lictor_deploy.agent.tls import https_context
from lictor_deploy.config.load import Sources, load
from lictor_deploy.words.sentence import Failure


def validate(*paths: str, config_format: str = "", quiet: bool = False, strict: bool = False) -> None:
    """Check configuration files without starting anything. Exit code 0 if an agent would take them, else 1.

    Example: lictor validate /etc/lictor.d

    Parameters
    ----------
    paths
        Files, and directories whose files are read in the order of their names.
    config_format
        json or hcl, for all files; by default their names' endings say it.
    quiet
        Say nothing if all is well.
    strict
        Also refuse a configuration that is not safe among strangers, with each point that it lacks.
    """
    if not paths:
        raise Failure("Nothing to validate: name a file or a directory. Example: lictor validate /etc/lictor.d")
    files = [path for path in paths if not Path(path).is_dir()]
    directories = [path for path in paths if Path(path).is_dir()]
    try:
        config, ignored = load(Sources(files, directories, format=config_format), {}, dev=False)
        definitions_of(config, "validated")
        https_context(config)
        lane_terms(config, f"{config.node_name}.{config.datacenter}" if config.node_name else "")
        if not config.data_dir:
            raise Failure("data_dir is missing: say where state is kept.")
    except Failure as failure:
        raise Failure(f"Config validation failed: {failure}") from None
    if strict and (points := lacking(config)):
        raise Failure("The configuration is valid, and lacks:\n" + "\n".join(f"- {point}." for point in points))
    if ignored and not quiet:
        print(f"Accepted, but not in force: {', '.join(ignored)}")
    if not quiet:
        print("Configuration is valid!")
