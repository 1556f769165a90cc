"""The gateway: the doorway by which HTTP requests enter the cluster.

agent > gateway    GatewayOptions, after a reload: passed on to the door
http > gateway     HttpAsked: parsed into a question for the desk; HttpGone: its client waits no more
agent, server > gateway   answers and refusals: for the desk, whose outcomes are rendered as HttpAnswered
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from lictor_actors.kernel.actor import Actor, Reading
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import Handlers, Vocabulary
from lictor_actors.roles.api.api import ROUTER
from lictor_actors.roles.api.question import HttpQuestion, error_answer, refusal_answer, text, under_policy
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.roles.api.tokens import token_of
from lictor_actors.roles.doorway.desk import Desk, DeskOptions
from lictor_actors.roles.doorway.question import EVERYTHING, Rights, rights_of
from lictor_actors.roles.gateway.access import Access
from lictor_actors.roles.gateway.agent_cache import AgentCache
from lictor_actors.roles.gateway.asker import HttpAsker, rendered_for, tell
from lictor_actors.roles.gateway.host_readings import TO_ITSELF, HostReadings
from lictor_actors.roles.gateway.read_cache import ReadCache
from lictor_messages.agent_acl import MayUseAgent
from lictor_messages.answers import Command, Query
from lictor_messages.base import Message
from lictor_messages.doorways import AskAgain, DeadlinesDue, RetryDue
from lictor_messages.envelope import at
from lictor_messages.jobs import JobFailed
from lictor_messages.machine import MachineRead
from lictor_messages.metrics import MetricsRead
from lictor_messages.profiling import ProfileTaken
from lictor_messages.refusals import Refused
from lictor_messages.web import CacheRefreshDue, GatewayOptions, GoOn, HttpAnswered, HttpAsked, HttpGone


class Gateway(Actor):
    """One per node that has an HTTP listener."""

    hears = (
        Vocabulary(any_answer=True)
        .on(HttpAsked, HttpGone, GatewayOptions, AskAgain, GoOn, RetryDue, DeadlinesDue)
        .on(CacheRefreshDue, *TO_ITSELF, MachineRead, MetricsRead, ProfileTaken, JobFailed)
    )

    def __init__(self, options: GatewayOptions) -> None:
        self.options = options
        self._cache = ReadCache()
        # With ACLs the agent is asked first: it has a token for those who show none.
        server = "" if options.acl else options.server
        desk = DeskOptions(
            at("agent", options.node), server, hold_ns=options.rpc_hold_timeout_ns, park_ns=options.park_ns
        )
        self._desk: Desk[HttpAsker] = Desk(desk, self._outcome)
        self._agent_cache = AgentCache(self._desk)
        self._host = HostReadings(options.node)
        self._access = Access(options)
        self._handlers = Handlers(
            self.hears,
            {
                HttpAsked: self._http_asked,
                GatewayOptions: self._follow,
                HttpGone: lambda gone, turn: self._desk.gone(gone.request, turn),
                AskAgain: self._desk.ask_again,
                GoOn: lambda *_: None,  # its request has ended meanwhile
                RetryDue: self._desk.retry,
                DeadlinesDue: lambda _, turn: self._desk.deadlines_due(turn),
                CacheRefreshDue: self._agent_cache.refresh_due,
                **dict.fromkeys(TO_ITSELF, self._host.asked),
                MachineRead: self._host.read,
                MetricsRead: self._host.read,
                ProfileTaken: self._host.read,
                JobFailed: self._host.failed,
            },
        )

    def handle(self, message: Message, turn: Turn) -> None:
        """HTTP in, answers back, timers."""
        if type(message) is HttpAsked:
            self._http_asked(message, turn)
            return
        if type(message) in TO_ITSELF:
            self._handlers[type(message)](message, turn)
            return
        envelope = turn.envelope
        if envelope is None or (not self._desk.take(message, turn) and (envelope.reply_to or not envelope.request)):
            self._handlers[type(message)](message, turn)
        # Else it answers a call that has ended: its client has its answer, or has hung up.

    def check(self) -> None:
        """See ``Desk.check``, ``AgentCache.check``."""
        self._desk.check()
        self._agent_cache.check()

    def readings(self) -> Iterator[Reading]:
        """See ``Actor``."""
        yield "cache.entries_count", float(len(self._agent_cache))

    @property
    def open_requests(self) -> int:
        """HTTP requests without an answer yet."""
        return len(self._desk)

    def _follow(self, options: GatewayOptions, turn: Turn) -> None:
        """From now on these are in force; what was read of targets before may be forbidden, or mean something else."""
        self.options = options
        self._access = Access(options)
        self._cache = ReadCache()
        turn.send(at("http", options.node), options)

    def rights(self, asked: HttpAsked) -> Rights:
        """Those that have to be equal for two to share an answer; without ACLs all share."""
        return rights_of(token_of(asked)) if self.options.acl else EVERYTHING

    def _http_asked(self, asked: HttpAsked, turn: Turn) -> None:
        rights = self.rights(asked)
        read = self._cache.find(asked, rights)
        if read is not None:
            crowd = None if read.blocks else read
            self._desk.ask(HttpAsker(turn.ticket(), read.question, read.request, turn.now, crowd), turn)
            return
        request = None
        try:
            request = HttpRequest(asked, self.options, turn)
            self._access.check_path(request)
            route = ROUTER.find(request)
            self._access.check_write(request)
            outcome = self._permitted(route, request)
        except HttpError as error:
            _at_once(error_answer(error, request), request, turn)
            return
        except ValidationError as error:
            what = error.errors(include_url=False, include_input=False)[0]["msg"]
            _at_once(text(400, f"Bad request: {what}"), request, turn)
            return
        if isinstance(outcome, HttpQuestion):
            if not outcome.token:
                outcome.rights, outcome.token = rights, token_of(asked) if self.options.acl else ""
            outcome.message = _addressed(outcome.message, request)
            asker = HttpAsker(turn.ticket(), outcome, request, turn.now)
            if outcome.caching is not None:
                self._agent_cache.ask(asker, turn)
                return
            self._cache.keep(outcome, request)
            self._desk.ask(asker, turn)
        else:
            _at_once(outcome, request, turn)

    def _permitted(self, route: Route, request: HttpRequest) -> HttpQuestion | HttpAnswered:
        """What the endpoint wants. What this gateway answers itself is asked for only once the agent has agreed."""
        wanted = route.endpoint(request)
        here = isinstance(wanted, HttpAnswered) or wanted.to == request.here
        if not (self.options.acl and route.guard and here):
            return wanted
        resource, _, level = route.guard.partition(":")
        return HttpQuestion(MayUseAgent.model_validate({"resource": resource, "level": level}), lambda *_: wanted)

    def _outcome(self, askers: Sequence[HttpAsker], answer: Message, turn: Turn) -> None:
        """One answer or refusal for all of them. Equal targets are told the same; mostly it is one for all."""
        said: dict[str, HttpAnswered] = {}
        now, samples = turn.now, turn.life.samples
        for asker in askers:
            if asker.question.caching is not None:
                self._agent_cache.outcome(asker, answer, turn)
                continue
            read, request = asker.crowd, asker.request
            if read is not None and read.answer is answer and read.response is not None:
                turn.answer(asker.ticket, read.response)  # ``tell`` without a call: mostly it is this one
                samples[request.metric].append((now - asker.began) / 1e6)
                continue
            outcome = said.get(request.asked.target) or rendered_for(asker, answer)
            if isinstance(outcome, HttpQuestion):
                self._go_on(asker, outcome, turn)
                continue
            if read is not None and not outcome.more and type(answer) is not Refused:
                self._cache.remember(read, answer, outcome)
            if not request.personal:
                said[request.asked.target] = outcome
            tell(asker, outcome, turn)

    def _go_on(self, asker: HttpAsker, question: HttpQuestion, turn: Turn) -> None:
        """The answer leads to another question: to the agent, to this gateway, or to the one that has just answered."""
        envelope = turn.envelope
        if question.to not in ("", turn.me, envelope.source if envelope is not None else ""):
            turn.count("question_sent_elsewhere")
            tell(asker, refusal_answer(Refused(code="Undeliverable"), asker.request), turn)
            return
        if not question.token:
            question.rights, question.token = asker.question.rights, asker.question.token
        question.message = _addressed(question.message, asker.request)
        self._desk.ask(HttpAsker(asker.ticket, question, asker.request, asker.began), turn)


def _addressed(message: Message, request: HttpRequest) -> Message:
    """What servers are asked, in the datacenter that the client names."""
    served = request.dc != "" and isinstance(message, Query | Command)
    return message.model_copy(update={"dc": request.dc}) if served else message


def _at_once(outcome: HttpAnswered, request: HttpRequest | None, turn: Turn) -> None:
    """Answer the request in hand, within the turn that it came in."""
    turn.reply(outcome if request is None else under_policy(outcome, request.options))
    if request is not None and request.metric:
        turn.sample(request.metric, 0.0)
