"""The journal: one segment log a node, a stream an actor, over six disk verbs."""
