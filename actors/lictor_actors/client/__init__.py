"""Client actors: the only place that waits. ``AsyncClient`` and ``Client`` say the same things."""
