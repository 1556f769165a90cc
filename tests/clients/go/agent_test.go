package clients

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/consul/api"
)

func TestTheAgentAndItsMembers(t *testing.T) {
	self := must(here.Agent().Self())
	me := self["Config"]["NodeName"].(string)
	same(t, must(here.Agent().NodeName()), me)
	same(t, self["Member"]["Name"].(string), me)
	members := must(here.Agent().Members(false))
	same(t, len(members), 4)
	same(t, slices.ContainsFunc(members, func(one *api.AgentMember) bool { return one.Name == me }), true)
	servers := must(here.Agent().MembersOpts(api.MembersOpts{Filter: `Tags["role"] == "consul"`}))
	same(t, len(servers), 3)
	same(t, servers[0].Tags[api.MemberTagKeyACLMode] != "", true)
	same(t, must(here.Agent().Host())["Memory"] != nil, true)
	refused(t, here.Agent().ForceLeave("nobody"), "No node found with name 'nobody'")
}

func TestAServiceIsRegisteredFoundAndDeregistered(t *testing.T) {
	agent, service := here.Agent(), name(t, "")
	done(t, agent.ServiceRegister(&api.AgentServiceRegistration{
		ID: service + "-1", Name: service, Tags: []string{"v1", "blue"}, Address: "10.1.1.1",
		Meta:            map[string]string{"zone": "a"},
		TaggedAddresses: map[string]api.ServiceAddress{"wan": {Address: "198.18.0.1", Port: 80}},
		Weights:         &api.AgentWeights{Passing: 10, Warning: 1},
		Ports:           api.ServicePorts{{Name: "http", Port: 8080, Default: true}, {Name: "metrics", Port: 9090}},
		Locality:        &api.Locality{Region: "r", Zone: "z"},
		Check:           &api.AgentServiceCheck{TTL: "30s", Status: api.HealthPassing},
	}))
	local := must(agent.Services())[service+"-1"]
	same(t, local.Weights.Passing, 10)
	same(t, local.TaggedAddresses["wan"].Port, 80)
	same(t, *local.Locality, api.Locality{Region: "r", Zone: "z"})

	found := must2(there.Health().ServiceMultipleTags(service, []string{"v1", "blue"}, true, nil))
	same(t, len(found), 1)
	same(t, found[0].Service.Port, 8080)
	same(t, len(found[0].Service.Ports), 2)
	same(t, len(must2(there.Health().ServiceMultipleTags(service, []string{"v1", "red"}, true, nil))), 0)
	same(t, must(agent.ServicesWithFilter(`Meta.zone == a and Service == "` + service + `"`))[service+"-1"] != nil, true)

	_, info, err := agent.Service(service+"-1", nil)
	done(t, err)
	same(t, info.LastContentHash != "", true)
	done(t, agent.ServiceDeregister(service+"-1"))
	until(t, func() bool { return len(must2(there.Catalog().Service(service, "", nil))) == 0 })
	refused(t, agent.ServiceDeregister(service+"-1"), "Unknown service ID")
}

func TestAWatchOfALocalServiceWakesByItsHash(t *testing.T) {
	agent, service := here.Agent(), name(t, "")
	done(t, agent.ServiceRegister(&api.AgentServiceRegistration{Name: service, Port: 1}))
	_, before, err := agent.Service(service, nil)
	done(t, err)
	within(t, func() {
		changed := make(chan int)
		go func() {
			changed <- must2(agent.Service(service, &api.QueryOptions{WaitHash: before.LastContentHash})).Port
		}()
		done(t, agent.ServiceRegister(&api.AgentServiceRegistration{Name: service, Port: 2}))
		same(t, <-changed, 2)
	})
	done(t, agent.ServiceDeregister(service))
}

func TestReportsOfATTLCheckBecomeTheHealthOfItsService(t *testing.T) {
	agent, service := here.Agent(), name(t, "")
	check := "service:" + service
	done(t, agent.ServiceRegister(&api.AgentServiceRegistration{Name: service, Check: &api.AgentServiceCheck{TTL: "30s"}}))
	for _, step := range []struct {
		report func() error
		status string
	}{
		{func() error { return agent.PassTTL(check, "fine") }, api.HealthPassing},
		{func() error { return agent.WarnTTL(check, "hot") }, api.HealthWarning},
		{func() error { return agent.FailTTL(check, "gone") }, api.HealthCritical},
		{func() error { return agent.UpdateTTL(check, "back", "pass") }, api.HealthPassing},
	} {
		done(t, step.report())
		until(t, func() bool {
			checks := must2(there.Health().Checks(service, nil))
			return len(checks) == 1 && checks.AggregatedStatus() == step.status
		})
		status, info, err := agent.AgentHealthServiceByID(service)
		done(t, err)
		same(t, status, step.status)
		same(t, info.Service.Service, service)
	}
	same(t, must(agent.Checks())[check].Output, "back")
	refused(t, agent.PassTTL("none", ""), "Unknown check ID")
	refused(t, agent.UpdateTTL(check, "", "odd"), "Invalid status: odd")
	done(t, agent.ServiceDeregister(service))
}

func TestChecksOfANode(t *testing.T) {
	agent, check := here.Agent(), name(t, "")
	done(t, agent.CheckRegister(&api.AgentCheckRegistration{
		Name: check, Notes: "mine", AgentServiceCheck: api.AgentServiceCheck{TTL: "30s", Status: api.HealthWarning},
	}))
	node := must(agent.NodeName())
	until(t, func() bool {
		checks := must2(there.Health().Node(node, &api.QueryOptions{Filter: `CheckID == "` + check + `"`}))
		return len(checks) == 1 && checks[0].Notes == "mine" && checks[0].Status == api.HealthWarning
	})
	same(t, len(must(agent.ChecksWithFilter(`Name == "`+check+`"`))), 1)
	done(t, agent.CheckDeregister(check))
	refused(t, agent.CheckRegister(&api.AgentCheckRegistration{
		Name: check, ServiceID: "none", AgentServiceCheck: api.AgentServiceCheck{TTL: "30s"},
	}), `ServiceID "none" does not exist`)
	refused(t, agent.CheckRegister(&api.AgentCheckRegistration{
		Name: check, AgentServiceCheck: api.AgentServiceCheck{HTTP: "http://127.0.0.1:1"},
	}), "Interval must be > 0")
}

func TestChecksThatAreReplacedGo(t *testing.T) {
	agent, service := here.Agent(), name(t, "")
	register := func(id string) error {
		return agent.ServiceRegisterOpts(&api.AgentServiceRegistration{
			Name: service, Checks: api.AgentServiceChecks{{CheckID: id, TTL: "30s"}},
		}, api.ServiceRegisterOpts{ReplaceExistingChecks: true})
	}
	done(t, register(service+"-a"))
	done(t, register(service+"-b"))
	checks := must(agent.Checks())
	same(t, checks[service+"-a"] == nil && checks[service+"-b"] != nil, true)
	done(t, agent.ServiceDeregister(service))
}

func TestMaintenance(t *testing.T) {
	agent, service := here.Agent(), name(t, "")
	done(t, agent.ServiceRegister(&api.AgentServiceRegistration{Name: service}))
	passing := func() int { return len(must2(there.Health().Service(service, "", true, nil))) }
	until(t, func() bool { return passing() == 1 })
	done(t, agent.EnableServiceMaintenance(service, "oil"))
	until(t, func() bool { return passing() == 0 })
	checks := must2(there.Health().Checks(service, nil))
	same(t, checks.AggregatedStatus(), api.HealthMaint)
	done(t, agent.DisableServiceMaintenance(service))
	until(t, func() bool { return passing() == 1 })
	done(t, agent.EnableNodeMaintenance("all of it"))
	until(t, func() bool { return passing() == 0 })
	done(t, agent.DisableNodeMaintenance())
	until(t, func() bool { return passing() == 1 })
	done(t, agent.ServiceDeregister(service))
}

func TestTheLogIsFollowed(t *testing.T) {
	agent, service := here.Agent(), name(t, "")
	stop := make(chan struct{})
	defer close(stop)
	lines := must(agent.Monitor("debug", stop, nil))
	within(t, func() {
		done(t, agent.ServiceRegister(&api.AgentServiceRegistration{Name: service}))
		for line := range lines {
			if strings.Contains(line, service) {
				return
			}
		}
	})
	done(t, agent.ServiceDeregister(service))
	_, err := agent.Monitor("loud", stop, nil)
	refused(t, err, "Unknown log level")
}
