"""Commands of `openclaw-vllm`: `run`, and those for VllmProviders in files."""
