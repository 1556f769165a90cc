// Command caller calls the instances of a service in turn, as the agent names them, and tells ten times a second as a line of
// JSON how many calls were answered, by which instances, and how many failed with what.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	_ "lictor.example/greeting/consulresolver"
	"lictor.example/greeting/greeting"
)

var (
	to    = flag.String("to", "consul://127.0.0.1:8500/web?healthy=true", "target of the channel")
	every = flag.Duration("every", 10*time.Millisecond, "time between the starts of two calls")
	limit = flag.Duration("deadline", 5*time.Second, "how long a call may take")
)

const inTurn = `{"loadBalancingConfig": [{"round_robin": {}}]}`

type told struct {
	Answered map[string]int `json:"answered"`
	Failed   []string       `json:"failed"`
}

type counts struct {
	sync.Mutex
	told
}

func main() {
	flag.Parse()
	channel, err := grpc.NewClient(*to, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(inTurn))
	if err != nil {
		log.Fatal(err)
	}
	seen := &counts{told: blank()}
	go tell(seen)
	client := greeting.NewGreeterClient(channel)
	for range time.Tick(*every) {
		go call(client, seen)
	}
}

func call(client greeting.GreeterClient, seen *counts) {
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	answer, err := client.Greet(ctx, &greeting.Question{Name: "caller"})
	seen.Lock()
	defer seen.Unlock()
	if err != nil {
		seen.Failed = append(seen.Failed, err.Error())
	} else {
		seen.Answered[answer.Instance]++
	}
}

func tell(seen *counts) {
	lines := json.NewEncoder(os.Stdout)
	for range time.Tick(100 * time.Millisecond) {
		seen.Lock()
		now := seen.told
		seen.told = blank()
		seen.Unlock()
		if err := lines.Encode(now); err != nil {
			log.Fatal(err)
		}
	}
}

func blank() told { return told{Answered: map[string]int{}, Failed: []string{}} }
