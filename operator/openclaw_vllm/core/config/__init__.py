"""OpenClaw's documents: rendering, merging into a base configuration, parsing."""
