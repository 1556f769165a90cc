"""The way to an agent by Consul's HTTP API: each question as a request, each reply as the answer that the bus gives.

Consul's API and no more is spoken, so a Consul answers as well as a Lictor.
"""
