"""I/O with the API server, vLLM servers and Prometheus; one module imports each library."""
