"""The bug that the judge of lives is to catch: a host that its parent cannot hear goes on with its agents.

Python imports this at its start where this folder is in PYTHONPATH. Only what runs actors of Ray is changed, and only
on a machine on whose disk a test has put the file ``unfenced``.
"""

import sys
import tempfile
from pathlib import Path

if any("default_worker" in word for word in sys.orig_argv):
    from lictor_deploy.ray.guests import Guests

    _fence = Guests.fence

    async def _goes_on(guests: Guests) -> None:
        if not (Path(tempfile.gettempdir()) / "unfenced").exists():
            await _fence(guests)

    Guests.fence = _goes_on  # type: ignore[method-assign]
