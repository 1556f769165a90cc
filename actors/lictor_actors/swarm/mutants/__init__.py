"""Classic bugs, each a patch of our own code: what the swarm is worth is how soon it finds them."""
