"""A cluster on Ray: Ray launches and places, our supervisor decides what is started again."""
