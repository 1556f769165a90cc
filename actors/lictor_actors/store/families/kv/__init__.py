"""Keys and values: the table, its tombstones, and what transactions do with keys."""
