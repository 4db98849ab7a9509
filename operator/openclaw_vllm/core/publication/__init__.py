"""What one VllmProvider publishes: the plan, the ConfigMap and its owner."""
