"""Who may do what: Consul's rules, put together for one token and asked about one thing at a time."""
