"""The bugs that are planted, each with the mix of faults that gives it a chance."""

from __future__ import annotations

from lictor_actors.swarm.acl_bugs import ACL_BUGS
from lictor_actors.swarm.hunt import Planted
from lictor_actors.swarm.mutants import checks, datacenters, raft, store, swim
from lictor_actors.swarm.plan import calm_weather
from lictor_actors.swarm.sealed_bugs import SEALED_BUGS

THREE = {"servers": 3, "agents": 1, "clients": 4, "keys": 1}
OFTEN = {"every_s": 0.7, "lasts_s": 1.0}
BUSY = {"agents": 0, "clients": 8, "think_max_s": 0.1, "patience_s": 0.8}
"""Somebody always asks, also on the side of a cut where most requests are in vain: all are at servers."""
DEADLY = {"faults": ("kill",), "every_s": 6.0, "lasts_s": 6.0}
KEPT_ALIVE = {"keepers": 4, "session_ttl_s": 1.0}
UNHEARD = {"servers": 1, "agents": 8, "faults": ("lose", "pause", "cut"), "every_s": 1.0, "lasts_s": 6.0}
"""Gossip misses members, and only an exchange of views tells them."""
ASKED = {"servers": 1, "agents": 6, "queries": True, "faults": ("lose", "duplicate"), "every_s": 2.0, "lasts_s": 2.0}
ECHOES = {"servers": 1, "agents": 3, "echoes": True, "faults": ("kill",), "every_s": 4.0, "lasts_s": 8.0}
REPORTS = {"servers": 1, "agents": 1, "reports": True, "faults": ("kill",), "every_s": 3.0, "lasts_s": 1.5}
SERVERS_CHANGE = {"servers": 5, "agents": 1, "clients": 4, **OFTEN}
PLANTED = (
    Planted(
        "an older term's entry committed by counting",
        raft.commits_older_terms_by_counting,
        "by counting|leader completeness|state machine safety",
        known=1,
        plan={**THREE, **OFTEN, "faults": ("isolate", "partition", "power_cut")},
    ),
    Planted(
        "the vote is not persisted",
        raft.forgets_its_vote,
        "two votes in term|both lead term|from a term to come",
        known=1,
        plan={**THREE, **OFTEN, "faults": ("isolate", "power_cut")},
    ),
    Planted(
        "acknowledged before the disk has it",
        raft.answers_before_the_disk,
        "durable on",
        known=1,
        plan={**THREE, **OFTEN, "faults": ("power_cut",)},
    ),
    Planted(
        "no pre-vote, and a node that flaps",
        raft.stands_without_asking,
        "leadership changed",
        known=1,
        plan={**THREE, "every_s": 4.0, "faults": ("flap",), "weather": calm_weather()},
    ),
    Planted(
        "membership changes before a commit in the own term",
        raft.changes_before_a_commit_of_its_own,
        "before a commit in its own term",
        known=2,
        plan={**SERVERS_CHANGE, "faults": ("isolate", "lag", "remove_peer", "transfer", "wipe")},
    ),
    Planted(
        "two changes of membership at once",
        raft.changes_while_a_change_is_under_way,
        "a second change",
        known=2,
        plan={**SERVERS_CHANGE, "faults": ("cut", "hold", "leave", "remove_peer", "wipe")},
    ),
    Planted(
        "a repeated write is applied twice",
        store.applies_repeats,
        "not linearizable",
        known=5,
        plan={**THREE, "faults": ("duplicate",), "every_s": 1.0, "lasts_s": 8.0},
    ),
    Planted(
        "a write is applied twice after a snapshot",
        store.snapshots_without_outcomes,
        "not linearizable|differ after entry",
        known=2,
        plan={**THREE, "faults": ("duplicate", "power_cut"), "every_s": 1.0, "lasts_s": 4.0, "snapshot_every": 20},
    ),
    Planted(
        "a session is alive on both sides",
        store.renews_sessions_anywhere,
        "was promised twice",
        known=7,
        until_s=120.0,
        plan={**THREE, "agents": 4, "clients": 2, "faults": ("partition",), "every_s": 15.0, "lasts_s": 40.0},
    ),
    Planted(
        "a stale read by a lease on a skewed clock",
        raft.trusts_the_wall_clock,
        "not linearizable",
        known=2,
        plan={**THREE, **BUSY, "faults": ("clock", "set_back"), "every_s": 2.0, "lasts_s": 3.0},
    ),
    Planted(
        "a watch is not woken",
        store.wakes_too_late,
        "a wake-up was lost",
        known=11,
        plan={"keys": 1},
    ),
    Planted(
        "an index falls with a deleted key",
        store.forgets_when_a_key_went,
        "IndexFell",
        known=1,
        plan={"keys": 1},
    ),
    Planted(
        "a renewal does not extend its session",
        store.renews_in_vain,
        "SessionLost",
        known=1,
        plan=KEPT_ALIVE,
    ),
    Planted(
        "a session is renewed whose end is proposed",
        store.renews_what_is_ending,
        "SessionLost",
        known=4,
        plan=KEPT_ALIVE,
    ),
    Planted(
        "a list ignores what was deleted",
        store.lists_without_tombstones,
        "IndexFell|IndexStood|a wake-up was lost: watcher",
        known=1,
        plan={"prefixes": True},
    ),
    Planted(
        "DNS says for ever what it has prepared",
        store.resolves_from_memory,
        "NamedTooLong|DNS is wrong",
        known=1,
        plan={"dns": True},
    ),
    Planted(
        "anti-entropy takes silence for success",
        store.takes_silence_for_success,
        "was lost and not repeated",
        known=1,
        plan={"lost_write": True},
    ),
    Planted(
        "a report on a check holds anew after a restart",
        checks.counts_reports_anew,
        "the check of told .* passes by a report",
        known=1,
        plan=REPORTS,
    ),
    Planted(
        "a kept check starts as it was registered",
        checks.starts_as_registered,
        "the check of hoped .* passes by a report",
        known=1,
        plan=REPORTS,
    ),
    Planted(
        "a report holds for ever",
        checks.takes_no_silence_for_an_answer,
        "passes by a report",
        known=1,
        plan=REPORTS,
    ),
    Planted(
        "a status from the start counts as a verdict",
        checks.counts_first_statuses,
        "no verdict was passed",
        known=1,
        until_s=100.0,
        plan={**REPORTS, "clients": 1, "every_s": 1e6},
    ),
    Planted(
        "a read joins a round that is on its way",
        raft.reads_join_a_round_under_way,
        "not linearizable",
        known=14,
        plan={**THREE, **BUSY, "faults": ("lag", "transfer"), "every_s": 0.5, "lasts_s": 2.0},
    ),
    Planted(
        "a failed member stays healthy in the catalog",
        store.overlooks_failed_members,
        "is passing, should be critical",
        known=1,
        plan={**THREE, **DEADLY},
    ),
    Planted(
        "a member is raised from the dead",
        swim.believes_old_news,
        "revived",
        known=1,
        until_s=60.0,
        plan={**THREE, "faults": ("isolate",), "every_s": 10.0, "lasts_s": 15.0},
    ),
    Planted(
        "a suspicion's timer is not cancelled",
        swim.forgets_to_cancel_suspicions,
        "by a suspicion that was over",
        known=1,
        until_s=60.0,
        plan={**THREE, "faults": ("isolate", "pause"), "every_s": 6.0, "lasts_s": 4.0},
    ),
    Planted(
        "a suspicion never ends",
        swim.waits_for_ever,
        "still sees .* which is down",
        known=1,
        plan={**THREE, **DEADLY},
    ),
    Planted(
        "a suspicion is too short",
        swim.suspects_too_briefly,
        "ms only before declaring it dead",
        known=1,
        plan={**THREE, **DEADLY},
    ),
    Planted(
        "a node's own lag is held against others",
        swim.ignores_its_own_lag,
        "was late",
        known=1,
        until_s=60.0,
        plan={**THREE, "faults": ("isolate", "pause"), "every_s": 6.0, "lasts_s": 4.0},
    ),
    Planted(
        "views are compared without their incarnations",
        swim.sums_up_names_alone,
        "at incarnation",
        known=5,
        until_s=40.0,
        plan={**UNHEARD, "faults": ("isolate",), "every_s": 4.0},
    ),
    Planted(
        "some differences between views are never named",
        swim.drops_a_bucket,
        "at incarnation|does not see|still sees",
        known=6,
        plan=UNHEARD,
    ),
    Planted(
        "an event is delivered twice",
        swim.repeats_events,
        "was told twice of event",
        known=1,
    ),
    Planted("a query is answered with every copy", swim.answers_every_copy, "query .* twice", known=1, plan=ASKED),
    Planted("an answer counts with every copy", swim.counts_every_copy, "and counted", known=1, plan=ASKED),
    Planted(
        "a leave is obeyed that is over",
        swim.obeys_old_leaves,
        "LeftUnasked",
        known=2,
        until_s=60.0,
        plan=ECHOES,
    ),
    Planted("intents about strangers are all kept", swim.keeps_every_intent, "keeps .* intents", known=3, plan=ECHOES),
    Planted("a receive queue has no end", swim.queues_without_end, "that wait to be weighed", known=1, plan=ECHOES),
    Planted("a queue drops without a word", swim.drops_without_a_word, "counted .* as dropped", known=1, plan=ECHOES),
    Planted("a Lamport clock hears nothing", swim.ignores_others_clocks, "OutOfOrder", known=1, plan={"agents": 4}),
    Planted(
        "a server does what was asked of another datacenter",
        datacenters.keeps_what_is_for_another,
        "BorderCrossed: the key",
        known=1,
        datacenters=True,
    ),
    Planted(
        "a pool takes members of every datacenter",
        datacenters.lets_strangers_in,
        "for a member of its own pool",
        known=1,
        datacenters=True,
    ),
    Planted(
        "failover begins at the end of its list",
        datacenters.begins_at_the_end_of_the_list,
        "failover goes to",
        known=1,
        datacenters=True,
        plan={"datacenters": 3},
    ),
    Planted(
        "a request goes to any other datacenter",
        datacenters.sends_to_any_server,
        "BorderCrossed|is not there",
        known=1,
        datacenters=True,
        plan={"datacenters": 3},
    ),
    *SEALED_BUGS,
    *ACL_BUGS,
)
