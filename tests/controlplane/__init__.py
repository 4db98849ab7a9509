"""A real Kubernetes control plane for the tests and the demo, built from Go modules alone."""
