"""python-consul from PyPI, unchanged: HERE and THERE are two agents of one cluster. It shares its module's name with
py-consul, so it runs in an environment of its own.
"""

import os
import threading
import time

import consul


def at(name):
    host, _, port = os.environ[name].rpartition(":")
    return consul.Consul(host=host, port=int(port))


here, there = at("HERE"), at("THERE")


def until(look):
    end = time.monotonic() + 20
    while not (seen := look()):
        assert time.monotonic() < end, seen
        threading.Event().wait(0.05)
    return seen


def keys():
    assert here.kv.get("pc/none")[1] is None
    assert here.kv.put("pc/a", "1", flags=7)
    _, entry = there.kv.get("pc/a")
    assert (entry["Value"], entry["Flags"]) == (b"1", 7)
    assert not here.kv.put("pc/a", "2", cas=0)
    assert here.kv.put("pc/a", "2", cas=entry["ModifyIndex"])
    assert there.kv.get("pc/", keys=True)[1] == ["pc/a"]
    seen = []
    waiting = threading.Thread(
        target=lambda: seen.append(there.kv.get("pc/a", index=there.kv.get("pc/a")[0], wait="20s"))
    )
    waiting.start()
    until(lambda: here.kv.put("pc/a", str(time.monotonic())) and seen)
    waiting.join()
    assert here.kv.delete("pc/", recurse=True)


def services():
    check = consul.Check.ttl("30s")
    assert here.agent.service.register("pc-web", service_id="pc-1", port=80, tags=["a"], check=check)
    until(lambda: there.catalog.service("pc-web")[1])
    assert there.health.service("pc-web", passing=True)[1] == []
    assert here.agent.check.ttl_pass("service:pc-1", "fine")
    [found] = until(lambda: there.health.service("pc-web", passing=True)[1])
    assert (found["Service"]["Port"], found["Service"]["Tags"]) == (80, ["a"])
    assert here.agent.maintenance(True, "oil")
    until(lambda: not there.health.service("pc-web", passing=True)[1])
    assert here.agent.maintenance(False)
    assert here.agent.service.deregister("pc-1")
    until(lambda: not there.catalog.service("pc-web")[1])


def sessions():
    session = here.session.create("pc", ttl=10, behavior="delete", lock_delay=1)
    assert here.kv.put("pc/lock", "me", acquire=session)
    assert not there.kv.put("pc/lock", "you", acquire=there.session.create())
    assert here.session.renew(session)["TTL"] == "10s"
    assert here.session.destroy(session)
    until(lambda: there.kv.get("pc/lock")[1] is None)
    try:
        here.session.renew(session)
    except consul.NotFound:
        return
    raise AssertionError("a session that is gone was renewed")


def the_rest():
    assert len(here.agent.members()) == 4
    assert here.status.leader() in here.status.peers()
    assert here.event.fire("pc-event", "payload")
    until(lambda: there.event.list("pc-event")[1])
    assert len(there.coordinate.nodes()[1]) <= 4
    query = here.query.create("consul", name="pc-query")["ID"]
    assert len(there.query.execute("pc-query")["Nodes"]) == 3  # by name: python-consul makes templates alone
    assert here.query.delete(query)
    done = here.txn.put([{"KV": {"Verb": "set", "Key": "pc/t", "Value": "MQ=="}}])
    assert done["Errors"] is None


for chapter in (keys, services, sessions, the_rest):
    chapter()
    print(chapter.__name__)
