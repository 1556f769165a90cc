"""When a client asks again: the refusals' own column, the deadline, and nothing else."""

import random
from collections.abc import Awaitable

import pytest

from lictor_actors.client.asking import ask_until, is_repeatable
from lictor_actors.client.errors import (
    BadRequest,
    ConnectionFailed,
    Indefinite,
    LictorError,
    NoLeader,
    NotFound,
    Timeout,
    TooLarge,
    Unavailable,
    error_of,
)
from lictor_messages.agent import LeaveCluster, ListLocalServices, LocalServices, RegisterService
from lictor_messages.base import Message
from lictor_messages.catalog import ServiceRecord
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.members import FireEvent, ListMembers
from lictor_messages.refusals import REFUSALS, Code, Refused

RNG = random.Random(7)
DONE = LocalServices(services=())
SERVICE = RegisterService(service=ServiceRecord(node="", id="web", service="web"))
FIRE = FireEvent(id="1", name="deploy")


class Tries:
    """Fails as often as it is told, then answers."""

    def __init__(self, *errors: LictorError) -> None:
        self.errors = list(errors)
        self.given: list[float] = []

    async def __call__(self, within_s: float) -> Message:
        self.given.append(within_s)
        if self.errors:
            raise self.errors.pop(0)
        return DONE


def ask_of_the_bus(message: Message, once: Tries, timeout_s: float, wait_s: float) -> Awaitable[Message]:
    return ask_until(message, once, timeout_s, wait_s, RNG, repeatable=is_repeatable(message, repeats_writes=True))


@pytest.mark.parametrize("message", [PutKey(key="x"), SERVICE, FIRE], ids=lambda m: m.kind)
async def test_a_write_without_an_id_is_not_repeated_if_it_may_have_happened(message: Message) -> None:
    tries = Tries(refused("NoLeader"), Timeout("silence"))
    assert not is_repeatable(message, repeats_writes=False)
    with pytest.raises(Timeout):
        await ask_until(message, tries, 5.0, 0.0, RNG, repeatable=False)
    assert tries.given == [pytest.approx(5.0, abs=0.5)] * 2


@pytest.mark.parametrize("message", [GetKey(key="x"), ListLocalServices(), ListMembers()], ids=lambda m: m.kind)
def test_a_read_may_always_be_repeated(message: Message) -> None:
    assert is_repeatable(message, repeats_writes=False)


def refused(code: Code) -> LictorError:
    return error_of(Refused(code=code))


@pytest.mark.parametrize("message", [GetKey(key="x"), PutKey(key="x"), SERVICE, FIRE], ids=lambda m: m.kind)
@pytest.mark.parametrize("code", ["NoLeader", "NotLeader", "NoServers", "NotReady", "Overloaded", "Undeliverable"])
@pytest.mark.slow
async def test_what_did_not_happen_and_may_pass_is_asked_again(message: Message, code: Code) -> None:
    tries = Tries(refused(code), refused(code))
    assert await ask_of_the_bus(message, tries, 5.0, 0.0) == DONE
    assert len(tries.given) == 3


@pytest.mark.parametrize("error", [Timeout("silence"), refused("LeadershipLost"), refused("TimedOut")], ids=repr)
@pytest.mark.parametrize("message", [GetKey(key="x"), PutKey(key="x"), SERVICE], ids=lambda m: m.kind)
async def test_what_may_have_happened_is_asked_again_if_twice_does_no_harm(
    message: Message, error: LictorError
) -> None:
    assert await ask_of_the_bus(message, Tries(error), 5.0, 0.0) == DONE


@pytest.mark.parametrize("message", [FIRE, LeaveCluster()], ids=lambda m: m.kind)
async def test_what_may_have_happened_is_not_repeated_otherwise(message: Message) -> None:
    tries = Tries(Timeout("silence"))
    with pytest.raises(Timeout):
        await ask_of_the_bus(message, tries, 5.0, 0.0)
    assert len(tries.given) == 1


@pytest.mark.parametrize(
    "code", ["Invalid", "BadRequest", "NotFound", "TooLarge", "NoPathToDatacenter", "JournalFailed"]
)
async def test_what_will_be_refused_again_is_not_asked_again(code: Code) -> None:
    tries = Tries(refused(code))
    with pytest.raises(LictorError):
        await ask_of_the_bus(PutKey(key="x"), tries, 5.0, 0.0)
    assert len(tries.given) == 1


async def test_the_deadline_ends_it_with_the_last_error() -> None:
    tries = Tries(*[ConnectionFailed("nobody")] * 1000)
    with pytest.raises(ConnectionFailed):
        await ask_of_the_bus(GetKey(key="x"), tries, 0.2, 0.0)
    assert 2 <= len(tries.given) < 100


async def test_a_definite_refusal_does_not_undo_an_earlier_try_that_may_have_happened() -> None:
    tries = Tries(Timeout("silence"), *[refused("NoLeader")] * 1000)
    with pytest.raises(NoLeader) as caught:
        await ask_of_the_bus(PutKey(key="x"), tries, 0.3, 0.0)
    assert not caught.value.definite


async def test_refusals_that_are_all_definite_stay_so() -> None:
    tries = Tries(*[refused("NoLeader")] * 1000)
    with pytest.raises(NoLeader) as caught:
        await ask_of_the_bus(PutKey(key="x"), tries, 0.3, 0.0)
    assert caught.value.definite


async def test_the_last_try_has_time_to_hear_the_reason() -> None:
    tries = Tries(*[refused("NoLeader")] * 100)
    with pytest.raises(NoLeader):
        await ask_of_the_bus(GetKey(key="x"), tries, 0.5, 0.0)
    assert min(tries.given) > 0.05


async def test_a_try_leaves_time_for_another_server() -> None:
    tries = Tries()
    await ask_of_the_bus(GetKey(key="x"), tries, 10.0, 0.0)
    assert tries.given == [pytest.approx(5.0, abs=0.1)]


async def test_a_blocking_query_may_block_on_top_of_the_time_out() -> None:
    tries = Tries()
    await ask_of_the_bus(ListLocalServices(), tries, 10.0, 300.0)
    assert tries.given == [pytest.approx(305.0, abs=0.1)]


async def test_a_write_is_not_kept_open_for_longer_than_its_id_is_known() -> None:
    tries = Tries()
    await ask_of_the_bus(PutKey(key="x"), tries, 1000.0, 0.0)
    assert tries.given[0] <= 55.0


@pytest.mark.parametrize("code", list(REFUSALS))
def test_every_refusal_has_an_exception_that_agrees_with_the_table(code: Code) -> None:
    error = error_of(Refused(code=code))
    assert (error.definite, error.passing) == (REFUSALS[code].definite, REFUSALS[code].passing)
    assert error.code == code
    assert str(error)


def test_the_tree_tells_causes_apart() -> None:
    assert isinstance(refused("NotLeader"), NoLeader)
    assert isinstance(refused("NoLeader"), Unavailable)
    assert isinstance(refused("NotFound"), NotFound)
    assert isinstance(refused("TooLarge"), TooLarge)
    assert isinstance(refused("Invalid"), BadRequest)
    assert isinstance(refused("ActorCrashed"), Indefinite)
    assert str(error_of(Refused(code="Invalid", text='ServiceID "x" does not exist'))) == 'ServiceID "x" does not exist'
