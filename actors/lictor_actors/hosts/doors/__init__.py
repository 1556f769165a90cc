"""The doors for callers that the cluster cannot dial: HTTP and client actors."""
