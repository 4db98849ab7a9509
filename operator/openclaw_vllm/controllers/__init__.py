"""One controller per kind: watch events in, keys into work queues; relists."""
