"""The DNS door of a node: packets by UDP and TCP become mail for its DNS actor."""
