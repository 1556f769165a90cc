"""The engine of rules against one that is slow and plain, on random policies, and against planted bugs."""

import contextlib
import json
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.consul import acl_rules
from lictor_actors.consul.acl_rules import AclRules, BadRules, parse
from lictor_actors.store.acl import authorizer
from lictor_actors.store.acl.authorizer import Authorizer
from lictor_actors.swarm.patch import planted

NAMED = ("agent", "event", "key", "node", "query", "service", "session")
WHOLE = ("acl", "keyring", "mesh", "operator", "peering")
LEVELS = ("read", "list", "write")
ENDS = ["".join(end) for size in range(4) for end in product("abc", repeat=size)]
"""No rule has a name with c in it: a rule that holds for names of which no other speaks holds for one of these."""

# -- the slow twin: rules are rows (resource, name, is_prefix, access), looked at one by one ------------------------


def strictest(accesses):
    return next(access for access in ("deny", "write", "list", "read") if access in accesses)


def decided(rows, resource, name):
    fitting = [row for row in rows if row[0] == resource and not row[2] and row[1] == name]
    for size in range(len(name), -1, -1):
        fitting = fitting or [row for row in rows if row[0] == resource and row[2] and row[1] == name[:size]]
    return strictest({row[3] for row in fitting}) if fitting else None


def allowed(rows, default, resource, level, name=""):
    access = decided(rows, resource, name)
    if access is None and resource in ("mesh", "peering"):
        access = decided(rows, "operator", "")
    if access is None:
        return default and resource != "acl"
    if access == "list":
        return level in ("read", "list")
    return access == "write" or (access == "read" and level == "read")


def allowed_below(rows, default, resource, level, prefix):
    return all(allowed(rows, default, resource, level, prefix + end) for end in ENDS)


# -- random policies ------------------------------------------------------------------------------------------------


def draw(rng):
    """Rows, and the same as the rules of a policy in HCL or JSON."""
    rows, said = [], []
    for _ in range(rng.randint(0, 6)):
        if rng.random() < 0.2:
            whole, access = rng.choice(WHOLE), rng.choice(("read", "write", "deny"))
            if not any(row[0] == whole for row in rows):  # said twice within one policy, the later one counts
                rows.append((whole, "", False, access))
                said.append((whole, None, access, ""))
            continue
        resource, prefix = rng.choice(NAMED), rng.random() < 0.6
        access = rng.choice(("read", "write", "deny", *(["list"] if resource == "key" else [])))
        name = "".join(rng.choices("ab", k=rng.randint(0, 3)))
        intentions = rng.choice(("", "read", "write", "deny")) if resource == "service" else ""
        key = resource + "_prefix" * prefix
        rows.append((resource, name, prefix, access))
        if resource == "service":
            rows.append(("intention", name, prefix, intentions or ("deny" if access == "deny" else "read")))
        said.append((key, name, access, intentions))
    return rows, (as_json if rng.random() < 0.5 else as_hcl)(said)


def as_hcl(said):
    lines = []
    for key, name, access, intentions in said:
        more = f' intentions = "{intentions}"' if intentions else ""
        lines.append(f'{key} = "{access}"' if name is None else f'{key} "{name}" {{ policy = "{access}"{more} }}')
    return "\n".join(lines)


def as_json(said):
    found = {}
    for key, name, access, intentions in said:
        if name is None:
            found[key] = access
        else:
            body = {"policy": access, **({"intentions": intentions} if intentions else {})}
            found.setdefault(key, []).append({name: body})
    return json.dumps(found or {})


def differences(cases, seed=1):
    """What the two say differently, of so many questions."""
    rng = Random(seed)
    asked = 0
    while asked < cases:
        policies = [draw(rng) for _ in range(rng.randint(1, 3))]
        rows = [row for rows, _ in policies for row in rows]
        default = rng.random() < 0.5
        engine = Authorizer([parse(text) for _, text in policies], default_allows=default)
        for _ in range(12):
            asked += 1
            resource, level = rng.choice((*NAMED, "intention")), rng.choice(LEVELS)
            name = "".join(rng.choices("abc", k=rng.randint(0, 4)))
            if engine.allows(resource, level, name) != allowed(rows, default, resource, level, name):
                yield policies, default, resource, level, name
            whole = rng.choice(WHOLE)
            if engine.allows(whole, level) != allowed(rows, default, whole, level):
                yield policies, default, whole, level
        asked += 1
        resource, level, name = rng.choice(NAMED), rng.choice(LEVELS), "".join(rng.choices("ab", k=rng.randint(0, 2)))
        if engine.allows_below(resource, level, name) != allowed_below(rows, default, resource, level, name):
            yield policies, default, "below", resource, level, name


@pytest.mark.slow
def test_the_engine_and_its_slow_twin_agree():
    assert next(differences(20_000), None) is None


@pytest.mark.slow
def test_they_agree_on_a_hundred_thousand_questions():
    assert next(differences(100_000, seed=2), None) is None


def test_the_order_of_policies_does_not_matter_and_a_denial_never_widens():
    rng = Random(5)
    for _ in range(300):
        policies = [parse(draw(rng)[1]) for _ in range(3)]
        one, other = (Authorizer(some, default_allows=False) for some in (policies, policies[::-1]))
        denied = AclRules()
        denied.add("key", "a", "deny", prefix=rng.random() < 0.5)
        narrower = Authorizer([*policies, denied], default_allows=False)
        for name in ("", "a", "ab", "abc", "b"):
            for level in LEVELS:
                assert one.allows("key", level, name) == other.allows("key", level, name)
                assert one.allows("key", level, name) or not narrower.allows("key", level, name)


# -- planted bugs ---------------------------------------------------------------------------------------------------


def prefixes_before_names(patch):
    def of(self, name):
        return self.covering(name) or self._exact.get(name)

    patch.set(authorizer._Lookup, "of", of)


def the_shortest_prefix(patch):
    def covering(self, prefix):
        return next((self._prefixes[prefix[:n]] for n in range(len(prefix) + 1) if prefix[:n] in self._prefixes), None)

    patch.set(authorizer._Lookup, "covering", covering)


def writing_over_denial(patch):
    patch.set(acl_rules, "PRECEDENCE", ("read", "list", "deny", "write"))


def the_last_policy(patch):
    patch.set(acl_rules, "_strongest", lambda found, name, access: found.update({name: access}))


def the_first_policy(patch):
    patch.set(acl_rules, "_strongest", lambda found, name, access: found.setdefault(name, access))


def reading_lists(patch):
    patch.set(authorizer, "GRANTS", {**authorizer.GRANTS, "read": ("read", "list")})


def listing_hides(patch):
    patch.set(authorizer, "GRANTS", {**authorizer.GRANTS, "list": ("list",)})


def writing_does_not_list(patch):
    patch.set(authorizer, "GRANTS", {**authorizer.GRANTS, "write": ("read", "write")})


def tokens_by_default(patch):
    patch.set(authorizer, "NEVER_BY_DEFAULT", ())


def nothing_by_default(patch):
    patch.set(Authorizer, "_by_default", lambda self, resource: False)


def trees_without_what_is_below(patch):
    patch.set(authorizer._Lookup, "below", lambda self, prefix: ())


def trees_without_what_is_above(patch):
    patch.set(Authorizer, "allows_below", _below_alone)


def _below_alone(self, resource, level, prefix):
    lookup = self._named.get(resource)
    return lookup is not None and all(level in authorizer.GRANTS[access] for access in lookup.below(prefix))


def a_mesh_of_its_own(patch):
    patch.set(authorizer, "INSTEAD", {})


def intentions_like_services(patch):
    patch.set(acl_rules, "_intentions", lambda body, access, name: access)


MUTANTS = [
    prefixes_before_names,
    the_shortest_prefix,
    writing_over_denial,
    the_last_policy,
    the_first_policy,
    reading_lists,
    listing_hides,
    writing_does_not_list,
    tokens_by_default,
    nothing_by_default,
    trees_without_what_is_below,
    trees_without_what_is_above,
    a_mesh_of_its_own,
    intentions_like_services,
]


@pytest.mark.parametrize("bug", MUTANTS, ids=[bug.__name__ for bug in MUTANTS])
def test_the_twin_finds(bug):
    with planted(bug):
        assert next(differences(20_000), None) is not None


# -- the language ---------------------------------------------------------------------------------------------------

REFUSED = {
    'key "a" { policy = "reed" }': 'Invalid key policy: "reed" of key "a"; it is read, list, write or deny',
    'node "a" { policy = "list" }': 'Invalid node policy: "list" of node "a"; it is read, write or deny',
    'operator = "list"': 'Invalid operator policy: "list"; it is read, write or deny',
    "operator = true": "Invalid operator policy: true; it is read, write or deny",
    "acl = { }": "Invalid acl policy: {}; it is read, write or deny",
    'service "a" { policy = "read" intentions = "list" }': 'Invalid service intentions policy: "list" of service "a"',
    'key "a" { }': 'key "a" is to have a policy',
    'key "a" = "read"': "Failed to parse ACL rules",
    'key = "read"': "key is to name what it is about",
    'key "a" { policy = "read" intentions = "read" }': "key \"a\" has no field 'intentions'",
    'keys "a" { policy = "read" }': "'keys' is no resource",
    'namespace "a" { }': "'namespace' belongs to Consul Enterprise",
    'key "a" {': "Failed to parse ACL rules",
    '{"key": {"a": "read"}}': 'key "a" is to have a policy',
    '{"key": [1]}': "key is to name what it is about",
    '{"key"': "Failed to parse ACL rules",
    "{" * 10_000: "Failed to parse ACL rules",
    '{"a":' * 100_000: "Failed to parse ACL rules",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_policy_is_refused_by_name(text):
    with pytest.raises(BadRules) as refused:
        parse(text)
    assert REFUSED[text] in str(refused.value)


def test_hcl_and_json_say_the_same():
    hcl = 'key "a" { policy = "list" }\nkey "b" { policy = "deny" }\nkey_prefix "" { policy = "read" }\nacl = "write"'
    both = ('{"key": {"a": {"policy": "list"}, "b": {"policy": "deny"}}, "key_prefix": {"": {"policy": "read"}},'
            '"acl": "write"}')  # fmt: skip
    assert parse(hcl) == parse(both)
    assert parse("") == parse("{}") == parse(" \n# nothing\n") == AclRules()


@given(st.text(alphabet='ab {}"=_\n,[]:$<>\\policyreadkeynode', max_size=60) | st.text(max_size=40))
def test_any_text_is_a_policy_or_refused(text):
    with contextlib.suppress(BadRules):
        Authorizer([parse(text)], default_allows=False).allows("key", "read", "a")
