// Command instance is one instance of the service: it registers with its local agent, which asks it every second by gRPC's
// own health protocol, and leaves the catalog before it stops.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/consul/api"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"lictor.example/greeting/greeting"
)

var (
	agent    = flag.String("agent", "127.0.0.1:8500", "HTTP address of the local agent")
	listen   = flag.String("listen", "127.0.0.1:0", "address to serve; port 0 picks a free one")
	name     = flag.String("name", "web", "service to be an instance of")
	interval = flag.Duration("interval", time.Second, "how often the agent checks")
	timeout  = flag.Duration("timeout", time.Second, "how long a check may take")
	grace    = flag.Duration("grace", time.Second, "how long to go on serving after leaving the catalog")
)

type greeter struct {
	greeting.UnimplementedGreeterServer
	id string
}

func (g greeter) Greet(_ context.Context, asked *greeting.Question) (*greeting.Greeting, error) {
	return &greeting.Greeting{Text: "hello " + asked.Name, Instance: g.id}, nil
}

func main() {
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	fail(err)
	at := listener.Addr().(*net.TCPAddr)
	id := fmt.Sprintf("%s-%s-%d", *name, at.IP, at.Port)

	server := grpc.NewServer()
	greeting.RegisterGreeterServer(server, greeter{id: id})
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())

	client, err := api.NewClient(&api.Config{Address: *agent})
	fail(err)
	fail(client.Agent().ServiceRegister(registration(id, at)))
	log.Printf("%s is registered with %s", id, *agent)
	go leave(client, server, id)
	fail(server.Serve(listener))
}

func registration(id string, at *net.TCPAddr) *api.AgentServiceRegistration {
	return &api.AgentServiceRegistration{
		ID:      id,
		Name:    *name,
		Address: at.IP.String(),
		Port:    at.Port,
		Check: &api.AgentServiceCheck{
			GRPC:                           at.String(),
			Interval:                       interval.String(),
			Timeout:                        timeout.String(),
			DeregisterCriticalServiceAfter: "1m",
		},
	}
}

// leave waits for a signal. Callers hear of it from the catalog and look elsewhere; then what is being answered is finished.
func leave(client *api.Client, server *grpc.Server, id string) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	<-told
	fail(client.Agent().ServiceDeregister(id))
	time.Sleep(*grace)
	server.GracefulStop()
}

func fail(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
