package clients

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/consul/api"
)

func TestAnEventIsSeenByAnotherAgent(t *testing.T) {
	id := must2(here.Event().Fire(&api.UserEvent{Name: name(t, ""), Payload: []byte{0, 255}}, nil))
	until(t, func() bool {
		return slices.ContainsFunc(must2(there.Event().List(name(t, ""), nil)), func(one *api.UserEvent) bool {
			return one.ID == id && bytes.Equal(one.Payload, []byte{0, 255})
		})
	})
	_, meta, err := there.Event().List(name(t, ""), nil)
	done(t, err)
	same(t, meta.LastIndex, there.Event().IDToIndex(id))
}

func TestEveryNodeHasACoordinate(t *testing.T) {
	until(t, func() bool { return len(must2(there.Coordinate().Nodes(nil))) == 4 })
	node := must(here.Agent().NodeName())
	same(t, len(must2(there.Coordinate().Node(node, nil))[0].Coord.Vec), 8)
	same(t, must(here.Coordinate().Datacenters())[0].Datacenter, "dc1")
}

func TestPreparedQueries(t *testing.T) {
	queries := here.PreparedQuery()
	definition := &api.PreparedQueryDefinition{
		Name: name(t, ""), Service: api.ServiceQuery{Service: "consul", OnlyPassing: true}, DNS: api.QueryDNSOptions{TTL: "3s"},
	}
	definition.ID = must2(queries.Create(definition, nil))
	same(t, must2(there.PreparedQuery().Get(definition.ID, nil))[0].DNS.TTL, "3s")
	same(t, len(must2(there.PreparedQuery().Execute(definition.Name, nil)).Nodes), 3)
	definition.Service.Tags = []string{"none"}
	done(t, fault(queries.Update(definition, nil)))
	same(t, len(must2(there.PreparedQuery().Execute(definition.ID, nil)).Nodes), 0)
	_, _, err := queries.Create(&api.PreparedQueryDefinition{Name: definition.Name, Service: definition.Service}, nil)
	refused(t, err, "aliases an existing query name")
	done(t, fault(queries.Delete(definition.ID, nil)))
	_, _, err = queries.Get(definition.ID, nil)
	refused(t, err, "Query not found")
}

func TestTheServers(t *testing.T) {
	operator := here.Operator()
	servers := must(operator.RaftGetConfiguration(nil)).Servers
	same(t, len(servers), 3)
	leads := slices.IndexFunc(servers, func(one *api.RaftServer) bool { return one.Leader })
	same(t, must(there.Status().Leader()), servers[leads].Address)
	same(t, len(must(there.Status().Peers())), 3)
	refused(t, operator.RaftRemovePeerByAddress("nope", nil), "was not found in the Raft configuration")
	refused(t, operator.RaftRemovePeerByID("nope", nil), "was not found in the Raft configuration")
	until(t, func() bool { return must(operator.AutopilotServerHealth(nil)).Healthy })
	same(t, len(must(operator.AutopilotState(nil)).Servers), 3)
	counts, _, err := operator.Usage(nil)
	done(t, err)
	same(t, counts.Usage["dc1"].Nodes >= 4, true)
}

func TestAutopilotIsConfiguredByCompareAndSet(t *testing.T) {
	operator := here.Operator()
	config := must(operator.AutopilotGetConfiguration(nil))
	stale := *config
	config.MaxTrailingLogs++
	same(t, must(operator.AutopilotCASConfiguration(config, nil)), true)
	same(t, must(operator.AutopilotCASConfiguration(&stale, nil)), false)
	same(t, must(there.Operator().AutopilotGetConfiguration(nil)).MaxTrailingLogs, config.MaxTrailingLogs)
	config.MaxTrailingLogs--
	done(t, operator.AutopilotSetConfiguration(config, nil))
}

func TestASnapshotBringsBackWhatWas(t *testing.T) {
	key := name(t, "")
	done(t, fault(here.KV().Put(&api.KVPair{Key: key, Value: []byte("before")}, nil)))
	archive, meta, err := here.Snapshot().Save(nil)
	done(t, err)
	defer archive.Close()
	same(t, meta.LastIndex > 0, true)
	kept := must(io.ReadAll(archive))
	done(t, fault(here.KV().Put(&api.KVPair{Key: key, Value: []byte("after")}, nil)))
	done(t, here.Snapshot().Restore(nil, bytes.NewReader(kept)))
	until(t, func() bool { return string(must2(there.KV().Get(key, nil)).Value) == "before" })
	refused(t, here.Snapshot().Restore(nil, strings.NewReader("junk")), "failed to decompress snapshot")
	_, _, err = here.Snapshot().Save(&api.QueryOptions{Datacenter: "elsewhere"})
	refused(t, err, "No path to datacenter")
}
