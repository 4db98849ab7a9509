"""Publication of a VllmProvider: the plan, the ConfigMap and its ownership."""
