"""The targets of health checks, met as Go's network library meets them: what it takes, and its words for the rest.

A check's result is shown to people and compared by scripts that were written for Consul, and targets answer in ways
that HTTP does not allow. So a probe reads no more of an answer than its verdict needs.
"""
