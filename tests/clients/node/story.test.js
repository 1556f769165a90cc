// node-consul from npm, unchanged: HERE and THERE are two agents of one cluster.
"use strict";
const assert = require("node:assert");
const { once } = require("node:events");
const { after, test } = require("node:test");
const Consul = require("consul");

const at = (address) => {
  const [host, port] = address.split(":");
  return new Consul({ host, port });
};
const here = at(process.env.HERE);
const there = at(process.env.THERE);

async function until(look) {
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function refused(promise, status) {
  await assert.rejects(promise, (error) => error.response?.statusCode === status);
}

test("keys: set, get, compare and set, list, delete", async () => {
  assert.strictEqual(await here.kv.set("node/a", "1"), true);
  const entry = await there.kv.get("node/a");
  assert.strictEqual(entry.Value, "1");
  assert.ok(!(await here.kv.set({ key: "node/a", value: "2", cas: "0" })));
  assert.strictEqual(await here.kv.set({ key: "node/a", value: "2", cas: entry.ModifyIndex }), true);
  assert.deepStrictEqual(await there.kv.keys("node/"), ["node/a"]);
  assert.strictEqual(await here.kv.del({ key: "node/", recurse: true }), true);
  assert.strictEqual(await there.kv.get("node/a"), undefined);
});

test("values of any bytes come back", async () => {
  const value = Buffer.from([0, 255, 10, 13, 0xc3, 0x28]);
  await here.kv.set("node/bytes", value);
  assert.deepStrictEqual((await there.kv.get({ key: "node/bytes", buffer: true })).Value, value);
});

test("a service is registered, found, warned of, put into maintenance and deregistered", async () => {
  const service = { name: "node-web", tags: ["v1"], port: 80, meta: { zone: "a" }, check: { ttl: "30s", status: "passing" } };
  await here.agent.service.register(service);
  const passing = () => there.health.service({ service: "node-web", passing: true });
  const [found] = await until(async () => ((await passing()).length ? passing() : undefined));
  assert.deepStrictEqual([found.Service.Port, found.Service.Tags, found.Service.Meta], [80, ["v1"], { zone: "a" }]);
  await here.agent.check.warn("service:node-web");
  await until(async () => !(await passing()).length);
  await here.agent.check.pass("service:node-web");
  await until(async () => (await passing()).length);
  await here.agent.service.maintenance({ id: "node-web", enable: true, reason: "oil" });
  await until(async () => !(await passing()).length);
  await here.agent.service.maintenance({ id: "node-web", enable: false });
  await here.agent.service.deregister("node-web");
  await until(async () => !(await there.catalog.service.nodes("node-web")).length);
  await refused(here.agent.service.deregister("node-web"), 404);
});

test("a check of its own", async () => {
  await here.agent.check.register({ name: "node-check", ttl: "30s", notes: "mine" });
  assert.strictEqual((await here.agent.check.list())["node-check"].Notes, "mine");
  await here.agent.check.pass("node-check");
  await here.agent.check.fail({ id: "node-check", note: "broken" });
  const state = async () => (await there.health.state("critical")).find((check) => check.CheckID === "node-check");
  await until(async () => (await state())?.Output === "broken");
  await here.agent.check.deregister("node-check");
});

test("sessions lock a key", async () => {
  const { ID } = await here.session.create({ name: "node", ttl: "30s", behavior: "delete" });
  assert.strictEqual(await here.kv.set({ key: "node/lock", value: "me", acquire: ID }), true);
  assert.strictEqual((await there.kv.get("node/lock")).Session, ID);
  assert.strictEqual((await here.session.renew(ID))[0].ID, ID);
  assert.strictEqual((await there.session.get(ID)).Name, "node");
  await here.session.destroy(ID);
  await until(async () => !(await there.kv.get("node/lock")));
});

test("a watch sees each change", async () => {
  await here.kv.set("node/watched", "1");
  const watch = there.watch({ method: there.kv.get, options: { key: "node/watched" }, backoffFactor: 100 });
  const [first] = await once(watch, "change");
  assert.strictEqual(first.Value, "1");
  const changed = once(watch, "change");
  await here.kv.set("node/watched", "2");
  assert.strictEqual((await changed)[0].Value, "2");
  watch.end();
});

test("transactions are all or nothing", async () => {
  const set = (key, value) => ({ KV: { Verb: "set", Key: key, Value: Buffer.from(value).toString("base64") } });
  const done = await here.transaction.create([set("node/t/a", "1"), set("node/t/b", "2")]);
  assert.strictEqual(done.Results.length, 2);
  await refused(here.transaction.create([set("node/t/c", "3"), { KV: { Verb: "check-not-exists", Key: "node/t/a" } }]), 409);
  assert.strictEqual(await there.kv.get("node/t/c"), undefined);
});

test("events, members, leader, catalog", async () => {
  const event = await here.event.fire("node-event", "payload");
  await until(async () => (await there.event.list("node-event")).some((one) => one.ID === event.ID));
  assert.strictEqual((await here.agent.members()).length, 4);
  assert.match(await here.status.leader(), /^[0-9.]+:\d+$/);
  assert.strictEqual((await here.status.peers()).length, 3);
  assert.strictEqual((await there.catalog.node.list()).length, 4);
  assert.ok("consul" in (await there.catalog.service.list()));
  assert.deepStrictEqual(await here.catalog.datacenters(), ["dc1"]);
});

test("prepared queries", async () => {
  const query = await here.query.create({ name: "node-query", service: { service: "consul" } });
  assert.strictEqual((await there.query.get(query.ID)).Name, "node-query");
  assert.strictEqual((await there.query.execute("node-query")).Nodes.length, 3);
  await here.query.destroy(query.ID);
});

after(() => setImmediate(() => process.exit()));
