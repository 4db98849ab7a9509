"""The world: the API server, the vLLM servers, the queue, the metrics; one library, one door."""
