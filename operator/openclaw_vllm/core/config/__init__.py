"""OpenClaw's documents: rendered, merged into a base configuration, read back."""
