"""The two versions: Lictor's own, and the one of Consul whose interface it speaks."""

VERSION = "0.1.0"
"""The distribution's, for people; its build reads it here."""
CONSUL_VERSION = "1.22.1"
"""What a node tells clients and other nodes (``Config.Version``, the tag ``build``): clients of Consul choose their
requests by it, and would take their oldest ones for 0.1.0."""
