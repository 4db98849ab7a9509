"""Benchmarks of the operator beside a floor, an earlier build and a peer: `make bench`."""
