package clients

import (
	"slices"
	"testing"

	"github.com/hashicorp/consul/api"
)

func register(t *testing.T, node, service string, port int, health string) {
	t.Helper()
	done(t, fault(here.Catalog().Register(&api.CatalogRegistration{
		Node: node, Address: "10.2.2.2", NodeMeta: map[string]string{"rack": node},
		Service: &api.AgentService{ID: service, Service: service, Port: port, Tags: []string{"t"}},
		Checks:  api.HealthChecks{{Node: node, CheckID: service + "-check", Name: "c", Status: health, ServiceID: service}},
	}, nil)))
	t.Cleanup(func() {
		done(t, fault(here.Catalog().Deregister(&api.CatalogDeregistration{Node: node}, nil)))
	})
}

func TestTheCatalogHasWhatWasWrittenIntoIt(t *testing.T) {
	node, service := name(t, "-node"), name(t, "")
	register(t, node, service, 80, api.HealthPassing)
	catalog := there.Catalog()
	nodes := must2(catalog.Nodes(&api.QueryOptions{NodeMeta: map[string]string{"rack": node}}))
	same(t, len(nodes), 1)
	same(t, nodes[0].Datacenter, "dc1")
	same(t, slices.Equal(must2(catalog.Services(nil))[service], []string{"t"}), true)
	found := must2(catalog.Service(service, "t", &api.QueryOptions{Filter: "ServicePort == 80"}))
	same(t, found[0].Node, node)
	same(t, found[0].ServiceWeights.Passing, 1)
	same(t, must2(catalog.Node(node, nil)).Services[service].Port, 80)
	same(t, len(must2(catalog.NodeServiceList(node, nil)).Services), 1)
	same(t, must2(catalog.Node("none", nil)) == nil, true)
	same(t, slices.Equal(must(catalog.Datacenters()), []string{"dc1"}), true)
}

func TestHealthIsToldByStateAndByService(t *testing.T) {
	good, bad, service := name(t, "-good"), name(t, "-bad"), name(t, "")
	register(t, good, service, 1, api.HealthPassing)
	register(t, bad, service, 2, api.HealthCritical)
	health := there.Health()
	same(t, len(must2(health.Service(service, "", false, nil))), 2)
	same(t, must2(health.Service(service, "", true, nil))[0].Node.Node, good)
	critical := must2(health.State(api.HealthCritical, &api.QueryOptions{Filter: `Node == "` + bad + `"`}))
	same(t, len(critical), 1)
	same(t, critical[0].ServiceName, service)
	same(t, len(must2(health.Service("none", "", false, nil))), 0)
	_, _, err := health.State("odd", nil)
	refused(t, err, "Unsupported state")
}

func TestABlockedQueryWakesForItsServiceAlone(t *testing.T) {
	service := name(t, "")
	register(t, name(t, "-1"), service, 1, api.HealthPassing)
	_, meta, err := there.Health().Service(service, "", true, nil)
	done(t, err)
	same(t, meta.KnownLeader, true)
	within(t, func() {
		seen := make(chan int)
		go func() {
			seen <- len(must2(there.Health().Service(service, "", true, &api.QueryOptions{WaitIndex: meta.LastIndex})))
		}()
		register(t, name(t, "-other"), name(t, "-other"), 1, api.HealthPassing)
		register(t, name(t, "-2"), service, 2, api.HealthPassing)
		same(t, <-seen, 2)
	})
}

func TestWaysToReadAndWhatIsWrongWithThem(t *testing.T) {
	catalog := there.Catalog()
	for _, options := range []*api.QueryOptions{
		{AllowStale: true}, {RequireConsistent: true}, {UseCache: true}, {Near: "_agent"}, {Datacenter: "dc1"},
	} {
		same(t, len(must2(catalog.Nodes(options))) >= 4, true)
	}
	_, _, err := catalog.Nodes(&api.QueryOptions{AllowStale: true, RequireConsistent: true})
	refused(t, err, "Cannot specify ?stale with ?consistent")
	_, _, err = catalog.Nodes(&api.QueryOptions{Datacenter: "elsewhere"})
	refused(t, err, "No path to datacenter")
	_, _, err = catalog.Nodes(&api.QueryOptions{Filter: "Nothing == 1"})
	refused(t, err, `Selector "Nothing" is not valid`)
	found, meta, err := catalog.Service("consul", "", &api.QueryOptions{UseCache: true})
	done(t, err)
	same(t, len(found), 3)
	_, again, err := catalog.Service("consul", "", &api.QueryOptions{UseCache: true})
	done(t, err)
	same(t, !meta.CacheHit && again.CacheHit, true)
}

func TestAProxyOfAMeshIsKeptAsItWasGiven(t *testing.T) {
	service := name(t, "")
	done(t, here.Agent().ServiceRegister(&api.AgentServiceRegistration{
		Kind: api.ServiceKindConnectProxy, Name: service, Port: 21000,
		Proxy: &api.AgentServiceConnectProxyConfig{DestinationServiceName: "web", Config: map[string]any{"a": 1.5}},
	}))
	until(t, func() bool { return len(must2(there.Catalog().Service(service, "", nil))) == 1 })
	proxy := must2(there.Catalog().Service(service, "", nil))[0].ServiceProxy
	same(t, proxy.DestinationServiceName, "web")
	same(t, proxy.Config["a"].(float64), 1.5)
	done(t, here.Agent().ServiceDeregister(service))
}
