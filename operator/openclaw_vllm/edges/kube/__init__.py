"""The Kubernetes API: connection, requests, watches, objects as they were last seen."""
