// Package clients drives every core family of Consul's HTTP API through Consul's own Go client, unmodified, against two agents
// of one cluster: HERE and THERE are their addresses.
package clients

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// An agent says where it lies twice a minute at least.
const patience = 60 * time.Second

var here, there = at("HERE"), at("THERE")

func at(name string) *api.Client {
	client, err := api.NewClient(&api.Config{Address: os.Getenv(name)})
	if err != nil {
		panic(err)
	}
	return client
}

// must is the value of a call that may not fail.
func must[V any](value V, err error) V {
	if err != nil {
		panic(fmt.Sprintf("unexpected: %v", err))
	}
	return value
}

// must2 is the same of a call that returns facts about the query beside its value.
func must2[V, M any](value V, _ M, err error) V { return must(value, err) }

// fault is the error of a call whose value says nothing.
func fault[V any](_ V, err error) error { return err }

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same[V comparable](t *testing.T, got, want V) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// refused demands an error that has these words.
func refused(t *testing.T, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Fatalf("got %v, want an error with %q", err, words)
	}
}

// until waits for what the cluster takes a moment for.
func until(t *testing.T, look func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !look(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v", patience)
		}
	}
}

// within demands that a call returns in time.
func within(t *testing.T, call func()) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		call()
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatalf("not within %v", patience)
	}
}

// name is one that no other test uses.
func name(t *testing.T, rest string) string {
	return "go-" + strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-")) + rest
}
