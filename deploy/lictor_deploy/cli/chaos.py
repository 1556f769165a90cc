"""``lictor chaos``: scenarios of faults, checked and run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from lictor_deploy.cli.on_ray import DEFAULT_RUNS_ON, RunsOn
from lictor_deploy.words.columns import columns
from lictor_deploy.words.sentence import Failure

if TYPE_CHECKING:
    from lictor_actors.scenario import Scenario

PLACES = (".", "scenarios", "examples/scenarios")

app = App(
    name="chaos",
    help=(
        "Run a scenario: a cluster, a workload, faults by plan, and what is expected of it all.\n\n"
        "A scenario is a TOML file (see docs/faults.md), or the name of a preset. In the world it runs in virtual time "
        "from a seed; with -live on real processes of this machine.\n\n"
        "Example: lictor chaos run examples/scenarios/leader-isolated.toml -seeds 100 -jobs 2"
    ),
)


@app.command
def run(
    scenario: str,
    /,
    *,
    seed: int | None = None,
    seeds: int = 1,
    jobs: int = 0,
    ground: RunsOn = DEFAULT_RUNS_ON,
    trace: bool = False,
    timeline: Path | None = None,
) -> int:
    """Run a scenario; exit code 1 if something expected did not come about.

    Example: lictor chaos run wan -seeds 20

    Parameters
    ----------
    scenario
        A TOML file, or the name of a preset or of a file that `lictor chaos ls` lists.
    seed
        The seed, or the first of -seeds; by default the file's own.
    seeds
        Run so many seeds (1).
    jobs
        Processes to run them in; 0 means one for each core.
    trace
        Print every event of one seed on standard output.
    timeline
        Write everything that happened in one run into this file, for `lictor timeline FILE -html PAGE`.
    """
    from lictor_deploy.scenario.run import Where
    from lictor_deploy.scenario.run import run as run_scenario

    found = find(scenario)
    where = Where(ground.on or ("local" if ground.live else found.cluster.kind), ground.ray_address)
    refuse(seeds, jobs, where.ground != "sim", trace, timeline)
    first = found.seed if seed is None else seed
    return run_scenario(found, first, seeds, jobs, where, trace, timeline, named=scenario)


def refuse(seeds: int, jobs: int, on_processes: bool, trace: bool, timeline: Path | None) -> None:
    """What does not go together. Raises Failure."""
    from lictor_deploy.cli.sim import refuse_bad_counts, refuse_unwritable

    refuse_bad_counts(seeds, jobs)
    if on_processes and (seeds > 1 or trace):
        raise Failure("A live cluster cannot be replayed: leave -seeds and -trace out.")
    if seeds > 1 and (trace or timeline is not None):
        raise Failure("-trace and -timeline show one run: leave -seeds out, and name the run with -seed.")
    if timeline is not None:
        refuse_unwritable(timeline)


@app.command
def check(*files: Path) -> int:
    """Check scenario files without running them; exit code 1 if one of them is wrong.

    Example: lictor chaos check examples/scenarios/leader-isolated.toml

    Parameters
    ----------
    files
        TOML files.
    """
    from lictor_actors.scenario import ScenarioError, load

    if not files:
        raise Failure("Name a scenario file. Example: lictor chaos check examples/scenarios/leader-isolated.toml")
    wrong = []
    for file in files:
        try:
            found = load(file)
        except ScenarioError as error:
            wrong.append(str(error))
        else:
            expected = len(found.expect.eventually.bounds) + len(found.expect.linearizable)
            print(f"{file}: ok, {len(found.step)} steps in {found.lasts_s:g} s, {expected} expectations")
    if wrong:
        raise Failure("\n".join(wrong))
    return 0


@app.command
def ls(directory: Path | None = None, /) -> None:
    """List the presets, and the scenario files of a directory.

    Example: lictor chaos ls examples/scenarios

    Parameters
    ----------
    directory
        Where to look for files; by default here, in scenarios and in examples/scenarios.
    """
    from lictor_actors.faults.presets import PRESETS

    print(columns(("Preset", "What"), [(preset.name, preset.what) for preset in PRESETS.values()]))
    places = [directory] if directory is not None else [Path(place) for place in PLACES]
    files = [file for place in places for file in sorted(place.glob("*.toml"))]
    rows = [(str(file), name) for file in files if (name := named(file))]
    if rows:
        print()
        print(columns(("File", "Scenario"), rows))


def find(scenario: str) -> Scenario:
    """The scenario of this file, preset or name that ``ls`` lists; Failure says what is wrong with it."""
    from lictor_actors.faults.presets import PRESETS
    from lictor_actors.scenario import ScenarioError, load, of_preset

    file = Path(scenario)
    if not scenario.endswith(".toml") and not file.exists() and scenario not in PRESETS:
        listed = (Path(place) / f"{scenario}.toml" for place in PLACES)
        file = next((path for path in listed if path.exists()), file)
    try:
        return load(file) if file.suffix == ".toml" or file.exists() else of_preset(scenario)
    except (ScenarioError, LookupError) as error:
        raise Failure(f"{error.args[0]}") from None


def named(file: Path) -> str:
    """The scenario's name; "" for a file that is none."""
    from lictor_actors.scenario import ScenarioError, load

    try:
        found = load(file)
    except ScenarioError:
        return ""
    return found.name if found.step else ""
