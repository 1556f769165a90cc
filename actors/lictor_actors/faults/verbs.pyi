# Made from the vocabulary: LICTOR_REWRITE=1 pytest tests/unit/faults/test_verbs_stub.py
from collections.abc import Iterable, Iterator
from inspect import Parameter
from typing import Any, Generic, TypeVar

from lictor_actors.faults.vocabulary import Verb
from lictor_messages.faults import Direction

Selectors = str | Iterable[str]
Time = float | str
H = TypeVar("H")
BESIDES: tuple[str, ...]

def make(verb: str, **said: Any) -> Verb: ...
def parameters(verb: type[Verb]) -> Iterator[Parameter]: ...

class Verbs(Generic[H]):
    def inject(self, verb: Verb) -> H: ...
    def partition(
        self,
        *groups: Selectors,
        match: Selectors = ...,
        probability: float = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def isolate(
        self,
        nodes: Selectors,
        *,
        match: Selectors = ...,
        probability: float = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def bridge(
        self,
        node: Selectors,
        *,
        match: Selectors = ...,
        probability: float = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def cut(
        self,
        sources: Selectors = ...,
        targets: Selectors = ...,
        *,
        match: Selectors = ...,
        probability: float = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def hold(
        self,
        sources: Selectors = ...,
        targets: Selectors = ...,
        *,
        match: Selectors = ...,
        probability: float = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def delay(
        self,
        sources: Selectors = ...,
        targets: Selectors = ...,
        latency: Time = ...,
        jitter: Time = ...,
        correlation: float = ...,
        *,
        match: Selectors = ...,
        probability: float = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def loss(
        self,
        sources: Selectors = ...,
        targets: Selectors = ...,
        probability: float = ...,
        correlation: float = ...,
        *,
        match: Selectors = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def duplicate(
        self,
        sources: Selectors = ...,
        targets: Selectors = ...,
        probability: float = ...,
        *,
        match: Selectors = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def reorder(
        self,
        sources: Selectors = ...,
        targets: Selectors = ...,
        within: Time = ...,
        probability: float = ...,
        *,
        match: Selectors = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def corrupt(
        self,
        sources: Selectors = ...,
        targets: Selectors = ...,
        probability: float = ...,
        *,
        match: Selectors = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def bandwidth(
        self,
        sources: Selectors,
        targets: Selectors,
        rate: int,
        *,
        match: Selectors = ...,
        probability: float = ...,
        direction: Direction = ...,
        duration: Time = ...,
    ) -> H: ...
    def pause(self, nodes: Selectors, *, duration: Time = ...) -> H: ...
    def stall(self, nodes: Selectors, busy: Time = ..., every: Time = ..., *, duration: Time = ...) -> H: ...
    def crash(self, nodes: Selectors, *, duration: Time = ...) -> H: ...
    def kill(self, nodes: Selectors, *, duration: Time = ...) -> H: ...
    def stop(self, nodes: Selectors, *, duration: Time = ...) -> H: ...
    def restart(self, nodes: Selectors, wipe: bool = ...) -> H: ...
    def resume(self, nodes: Selectors) -> H: ...
    def skew(self, nodes: Selectors, by: Time, *, duration: Time = ...) -> H: ...
    def drift(self, nodes: Selectors, rate: float, *, duration: Time = ...) -> H: ...
    def jump(self, nodes: Selectors, by: Time) -> H: ...
    def slow_disk(
        self, nodes: Selectors, fsync: Time = ..., probability: float = ..., *, duration: Time = ...
    ) -> H: ...
    def full_disk(self, nodes: Selectors, *, duration: Time = ...) -> H: ...
    def io_error(self, nodes: Selectors, probability: float = ..., *, duration: Time = ...) -> H: ...
    def lose_unsynced(self, nodes: Selectors, *, duration: Time = ...) -> H: ...
    def torn_write(self, nodes: Selectors, *, duration: Time = ...) -> H: ...
    def bit_flip(self, nodes: Selectors) -> H: ...
    def lying_fsync(self, nodes: Selectors, *, duration: Time = ...) -> H: ...
