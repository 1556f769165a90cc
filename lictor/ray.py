"""For programs on Ray: ``lictor.connect(lictor.ray.nearest())``, in a driver, a task or an actor. Needs ``ray``."""

from lictor_deploy.ray.nearest import nearest

__all__ = ["nearest"]
