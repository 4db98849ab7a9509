"""The functions that make the cluster match one resource; here core and edges meet."""
