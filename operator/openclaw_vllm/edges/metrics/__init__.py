"""Prometheus metrics and the HTTP endpoints of the operator."""
