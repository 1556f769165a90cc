package consulresolver

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
)

// target says which instances of which service a channel wants, and from which agent it hears of them.
type target struct {
	agent      string
	service    string
	tag        string
	healthy    bool
	limit      int
	maxBackoff time.Duration
	timeout    time.Duration
	token      string
	query      api.QueryOptions
}

// parse reads consul://HOST:PORT/SERVICE?…: healthy, tag, wait, near, limit, dc, token, timeout, max-backoff, allow-stale and
// require-consistent. Other parameters are an error that names them.
func parse(from url.URL) (target, error) {
	wanted := target{
		agent:      from.Host,
		service:    strings.Trim(from.Path, "/"),
		maxBackoff: time.Second,
		query:      api.QueryOptions{Near: "_agent"},
	}
	if wanted.agent == "" || wanted.service == "" {
		return target{}, fmt.Errorf("%q names no agent or no service: consul://127.0.0.1:8500/web?healthy=true does", from.String())
	}
	for name, values := range from.Query() {
		if err := wanted.set(name, values[0]); err != nil {
			return target{}, fmt.Errorf("%s=%s: %w", name, values[0], err)
		}
	}
	return wanted, nil
}

func (t *target) set(name, value string) (err error) {
	switch name {
	case "healthy":
		t.healthy, err = strconv.ParseBool(value)
	case "tag":
		t.tag = value
	case "limit":
		t.limit, err = strconv.Atoi(value)
	case "token":
		t.token = value
	case "timeout":
		t.timeout, err = time.ParseDuration(value)
	case "max-backoff":
		t.maxBackoff, err = time.ParseDuration(value)
	case "near":
		t.query.Near = value
	case "wait":
		t.query.WaitTime, err = time.ParseDuration(value)
	case "dc":
		t.query.Datacenter = value
	case "allow-stale":
		t.query.AllowStale, err = strconv.ParseBool(value)
	case "require-consistent":
		t.query.RequireConsistent, err = strconv.ParseBool(value)
	default:
		err = fmt.Errorf("unknown parameter")
	}
	return err
}

func (t *target) health() (*api.Health, error) {
	client, err := api.NewClient(&api.Config{
		Address:    t.agent,
		Token:      t.token,
		HttpClient: &http.Client{Timeout: t.timeout},
	})
	if err != nil {
		return nil, err
	}
	return client.Health(), nil
}
