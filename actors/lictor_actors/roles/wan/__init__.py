"""Several datacenters: the pool of all their servers, and the requests that cross from one to another."""
