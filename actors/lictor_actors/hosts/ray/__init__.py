"""What an actor of Ray needs to host nodes: where it is, ports there, and its part in who restarts what."""
