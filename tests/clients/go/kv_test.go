package clients

import (
	"bytes"
	"slices"
	"testing"

	"github.com/hashicorp/consul/api"
)

func TestKeysAreSetReadListedAndDeleted(t *testing.T) {
	kv, key := here.KV(), name(t, "/a")
	missing, meta, err := kv.Get(key, nil)
	done(t, err)
	if missing != nil || meta.LastIndex == 0 {
		t.Fatalf("a key that is not there: %v, index %d", missing, meta.LastIndex)
	}
	value := []byte{0, 255, 10, 13, 0xc3, 0x28}
	done(t, fault(kv.Put(&api.KVPair{Key: key, Flags: 1<<64 - 1, Value: value}, nil)))
	pair := must2(there.KV().Get(key, nil))
	same(t, pair.Flags, uint64(1<<64-1))
	same(t, bytes.Equal(pair.Value, value), true)
	same(t, pair.CreateIndex, pair.ModifyIndex)

	done(t, fault(kv.Put(&api.KVPair{Key: name(t, "/b/c")}, nil)))
	keys := must2(there.KV().Keys(name(t, "/"), "/", nil))
	same(t, slices.Equal(keys, []string{key, name(t, "/b/")}), true)
	same(t, len(must2(there.KV().List(name(t, "/"), nil))), 2)
	done(t, fault(kv.DeleteTree(name(t, "/"), nil)))
	same(t, len(must2(there.KV().List(name(t, "/"), nil))), 0)
}

func TestCompareAndSet(t *testing.T) {
	kv, key := here.KV(), name(t, "")
	created := &api.KVPair{Key: key, Value: []byte("1")}
	same(t, must2(kv.CAS(created, nil)), true)
	same(t, must2(kv.CAS(created, nil)), false)
	current := must2(there.KV().Get(key, nil))
	current.Value = []byte("2")
	same(t, must2(there.KV().CAS(current, nil)), true)
	same(t, must2(kv.DeleteCAS(current, nil)), false)
	same(t, must2(kv.DeleteCAS(must2(kv.Get(key, nil)), nil)), true)
	same(t, must2(kv.Get(key, nil)) == nil, true)
}

func TestALockIsTakenByOneSession(t *testing.T) {
	kv, key := here.KV(), name(t, "")
	mine := must2(here.Session().CreateNoChecks(&api.SessionEntry{LockDelay: 1}, nil))
	other := must2(there.Session().CreateNoChecks(nil, nil))
	same(t, must2(kv.Acquire(&api.KVPair{Key: key, Session: mine}, nil)), true)
	same(t, must2(there.KV().Acquire(&api.KVPair{Key: key, Session: other}, nil)), false)
	pair := must2(there.KV().Get(key, nil))
	same(t, pair.Session, mine)
	same(t, pair.LockIndex, 1)
	same(t, must2(there.KV().Release(&api.KVPair{Key: key, Session: other}, nil)), false)
	same(t, must2(kv.Release(&api.KVPair{Key: key, Session: mine}, nil)), true)
	same(t, must2(there.KV().Get(key, nil)).Session, "")
	_, _, err := kv.Acquire(&api.KVPair{Key: key, Session: "b7ee5b2c-4d77-4a4e-8c0e-1f4f3f9d7c11"}, nil)
	refused(t, err, "invalid session")
}

func TestABlockedReadSeesTheChange(t *testing.T) {
	kv, prefix := here.KV(), name(t, "/")
	done(t, fault(kv.Put(&api.KVPair{Key: prefix + "a", Value: []byte("1")}, nil)))
	_, meta, err := there.KV().Get(prefix+"a", nil)
	done(t, err)
	_, list, err := there.KV().List(prefix, nil)
	done(t, err)
	within(t, func() {
		seen := make(chan int)
		go func() {
			pair := must2(there.KV().Get(prefix+"a", &api.QueryOptions{WaitIndex: meta.LastIndex}))
			seen <- len(pair.Value)
		}()
		go func() {
			seen <- len(must2(there.KV().List(prefix, &api.QueryOptions{WaitIndex: list.LastIndex})))
		}()
		done(t, fault(kv.Put(&api.KVPair{Key: prefix + "a", Value: []byte("two")}, nil)))
		same(t, <-seen+<-seen, len("two")+1)
	})
}

func TestTransactionsAreAllOrNothing(t *testing.T) {
	prefix := name(t, "/")
	set := func(key, value string) *api.KVTxnOp {
		return &api.KVTxnOp{Verb: api.KVSet, Key: prefix + key, Value: []byte(value)}
	}
	ok, answer, _, err := here.KV().Txn(api.KVTxnOps{set("a", "1"), set("b", "2")}, nil)
	done(t, err)
	same(t, ok && len(answer.Results) == 2 && len(answer.Errors) == 0, true)

	ops := api.KVTxnOps{set("c", "3"), {Verb: api.KVCheckIndex, Key: prefix + "a", Index: 1}}
	ok, answer, _, err = here.KV().Txn(ops, nil)
	done(t, err)
	same(t, ok, false)
	same(t, answer.Errors[0].OpIndex, 1)
	same(t, must2(there.KV().Get(prefix+"c", nil)) == nil, true)

	reads := api.KVTxnOps{{Verb: api.KVGetTree, Key: prefix}, {Verb: api.KVGetOrEmpty, Key: prefix + "none"}}
	ok, answer, _, err = there.KV().Txn(reads, &api.QueryOptions{RequireConsistent: true})
	done(t, err)
	same(t, ok && len(answer.Results) == 3, true)
	same(t, string(answer.Results[1].Value), "2")
}

func TestATransactionWritesTheCatalog(t *testing.T) {
	node := name(t, "-node")
	ops := api.TxnOps{
		{Node: &api.NodeTxnOp{Verb: api.NodeSet, Node: api.Node{Node: node, Address: "10.9.8.7"}}},
		{Service: &api.ServiceTxnOp{Verb: api.ServiceSet, Node: node, Service: api.AgentService{ID: "w", Service: name(t, "")}}},
		{Check: &api.CheckTxnOp{Verb: api.CheckSet, Check: api.HealthCheck{
			Node: node, CheckID: "c", Name: "c", Status: api.HealthWarning, ServiceID: "w",
		}}},
	}
	ok, answer, _, err := here.Txn().Txn(ops, nil)
	done(t, err)
	same(t, ok && len(answer.Results) == 3, true)
	same(t, answer.Results[1].Service.Weights.Passing, 1)
	found := must2(there.Health().Service(name(t, ""), "", false, nil))
	same(t, found[0].Checks.AggregatedStatus(), api.HealthWarning)
	ops = api.TxnOps{{Node: &api.NodeTxnOp{Verb: api.NodeDelete, Node: api.Node{Node: node}}}}
	ok, _, _, err = here.Txn().Txn(ops, nil)
	done(t, err)
	same(t, ok, true)
	same(t, len(must2(there.Health().Service(name(t, ""), "", false, nil))), 0)
}
