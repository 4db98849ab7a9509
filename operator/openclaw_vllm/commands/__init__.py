"""What `openclaw-vllm` can do: `run` the operator, and judge VllmProviders in files without it."""
