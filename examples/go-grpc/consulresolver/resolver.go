// Package consulresolver lets a gRPC channel follow the instances of a service: its target is
// consul://127.0.0.1:8500/web?healthy=true, and importing the package is all it takes.
//
// Targets and questions to the agent are those of github.com/mbobakov/grpc-consul-resolver, so either can be imported.
package consulresolver

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/consul/api"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/resolver"
)

const firstBackoff = 10 * time.Millisecond

var log = grpclog.Component("consul")

func init() { resolver.Register(builder{}) }

type builder struct{}

func (builder) Scheme() string { return "consul" }

func (builder) Build(to resolver.Target, channel resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	wanted, err := parse(to.URL)
	if err != nil {
		return nil, err
	}
	health, err := wanted.health()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go follow(ctx, wanted, health, channel)
	return following{cancel}, nil
}

type following struct{ cancel context.CancelFunc }

// ResolveNow has nothing to do: the agent is being asked all the time.
func (following) ResolveNow(resolver.ResolveNowOptions) {}

func (f following) Close() { f.cancel() }

// follow asks the agent by blocking queries, and keeps the last addresses while the agent gives no answer.
func follow(ctx context.Context, wanted target, health *api.Health, channel resolver.ClientConn) {
	query, backoff := wanted.query.WithContext(ctx), firstBackoff
	for ctx.Err() == nil {
		found, meta, err := health.Service(wanted.service, wanted.tag, wanted.healthy, query)
		if err != nil {
			log.Warningf("%s of %s: %v", wanted.service, wanted.agent, err)
			pause(ctx, backoff)
			backoff = min(2*backoff, wanted.maxBackoff)
			continue
		}
		query.WaitIndex, backoff = meta.LastIndex, firstBackoff
		if err := channel.UpdateState(resolver.State{Addresses: addresses(found, wanted.limit)}); err != nil {
			log.Warningf("%d instances of %s: %v", len(found), wanted.service, err)
		}
	}
}

// addresses takes the first limit instances as the agent orders them, without repetition and sorted, so that a channel sees
// a change only where there is one.
func addresses(found []*api.ServiceEntry, limit int) []resolver.Address {
	if limit > 0 && len(found) > limit {
		found = found[:limit]
	}
	texts := make([]string, 0, len(found))
	for _, instance := range found {
		host := instance.Service.Address
		if host == "" {
			host = instance.Node.Address
		}
		texts = append(texts, fmt.Sprintf("%s:%d", host, instance.Service.Port))
	}
	slices.Sort(texts)
	list := make([]resolver.Address, 0, len(texts))
	for _, text := range slices.Compact(texts) {
		list = append(list, resolver.Address{Addr: text})
	}
	return list
}

func pause(ctx context.Context, how time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(how):
	}
}
