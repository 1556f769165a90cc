"""The console script's first lines: signals are heard before anything is imported that takes time."""

from __future__ import annotations

import sys

from lictor_deploy.cli import closed_streams
from lictor_deploy.cli.early_signals import hear

INTERRUPTED = 130


def main() -> None:
    """Run the command of ``sys.argv`` and exit with its status."""
    try:
        hear(sys.argv[1:])
        closed_streams.take()
        from lictor_deploy.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
