"""The functions that make the cluster match one object; here core and edges meet."""
