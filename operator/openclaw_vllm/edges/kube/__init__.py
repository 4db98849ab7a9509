"""The Kubernetes API: connection, requests, watches, and a cache of objects."""
