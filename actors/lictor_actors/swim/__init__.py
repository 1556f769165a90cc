"""Membership as sans-IO objects: SWIM with Lifeguard, and Serf's events on top. The prober wires them together."""
