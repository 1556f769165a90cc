package clients

import (
	"slices"
	"testing"

	"github.com/hashicorp/consul/api"
)

func TestASessionIsMadeRenewedListedAndDestroyed(t *testing.T) {
	sessions, node := here.Session(), must(here.Agent().NodeName())
	id := must2(sessions.Create(&api.SessionEntry{Name: name(t, ""), TTL: "10s", Behavior: api.SessionBehaviorDelete}, nil))
	entry := must2(there.Session().Info(id, nil))
	same(t, entry.Name, name(t, ""))
	same(t, entry.Node, node)
	same(t, slices.Equal(entry.NodeChecks, []string{"serfHealth"}), true)
	same(t, must2(sessions.Renew(id, nil)).TTL, "10s")
	listed := func(all []*api.SessionEntry) bool {
		return slices.ContainsFunc(all, func(one *api.SessionEntry) bool { return one.ID == id })
	}
	same(t, listed(must2(there.Session().List(nil))), true)
	same(t, listed(must2(there.Session().Node(node, nil))), true)
	done(t, fault(sessions.Destroy(id, nil)))
	same(t, must2(there.Session().Info(id, nil)) == nil, true)
	same(t, must2(sessions.Renew(id, nil)) == nil, true)
	_, _, err := sessions.Create(&api.SessionEntry{TTL: "1s"}, nil)
	refused(t, err, "Invalid Session TTL")
	_, _, err = sessions.Create(&api.SessionEntry{NodeChecks: []string{"none"}}, nil)
	refused(t, err, "Missing check 'none' registration")
}

func TestASessionEndsWithTheCheckOfItsService(t *testing.T) {
	agent, service := here.Agent(), name(t, "")
	check := "service:" + service
	done(t, agent.ServiceRegister(&api.AgentServiceRegistration{
		Name: service, Check: &api.AgentServiceCheck{TTL: "30s", Status: api.HealthPassing},
	}))
	id := must2(here.Session().Create(&api.SessionEntry{ServiceChecks: []api.ServiceCheck{{ID: check}}}, nil))
	done(t, agent.FailTTL(check, ""))
	until(t, func() bool { return must2(there.Session().Info(id, nil)) == nil })
	done(t, agent.ServiceDeregister(service))
}

func TestALockHasOneHolderAndPassesOn(t *testing.T) {
	key := name(t, "")
	mine := must(here.LockOpts(&api.LockOptions{Key: key, LockDelay: 1}))
	other := must(there.LockKey(key))
	within(t, func() {
		lost := must(mine.Lock(nil))
		_, err := mine.Lock(nil)
		same(t, err, api.ErrLockHeld)
		taken := make(chan struct{})
		go func() {
			must(other.Lock(nil))
			close(taken)
		}()
		select {
		case <-lost:
			t.Error("a lock that is held was lost")
		case <-taken:
			t.Error("two hold the lock")
		default:
		}
		same(t, mine.Destroy(), api.ErrLockHeld)
		done(t, mine.Unlock())
		<-taken
		same(t, mine.Destroy(), api.ErrLockInUse)
		done(t, other.Unlock())
		done(t, mine.Destroy())
	})
	same(t, must2(there.KV().Get(key, nil)) == nil, true)
}

func TestALockIsLostWithItsSession(t *testing.T) {
	session := must2(here.Session().CreateNoChecks(nil, nil))
	lock := must(here.LockOpts(&api.LockOptions{Key: name(t, ""), Session: session}))
	within(t, func() {
		lost := must(lock.Lock(nil))
		done(t, fault(there.Session().Destroy(session, nil)))
		<-lost
	})
}

func TestASemaphoreHasAsManyHoldersAsItSays(t *testing.T) {
	prefix := name(t, "")
	one, two, three := must(here.SemaphorePrefix(prefix, 2)), must(there.SemaphorePrefix(prefix, 2)), must(here.SemaphorePrefix(prefix, 2))
	within(t, func() {
		must(one.Acquire(nil))
		must(two.Acquire(nil))
		taken := make(chan struct{})
		go func() {
			must(three.Acquire(nil))
			close(taken)
		}()
		done(t, one.Release())
		<-taken
		done(t, two.Release())
		done(t, three.Release())
		done(t, one.Destroy())
	})
	wider := must(here.SemaphorePrefix(prefix, 3))
	narrow := must(here.SemaphorePrefix(prefix, 1))
	within(t, func() {
		must(wider.Acquire(nil))
		_, err := narrow.Acquire(nil)
		refused(t, err, "semaphore limit conflict")
		done(t, wider.Release())
	})
}
