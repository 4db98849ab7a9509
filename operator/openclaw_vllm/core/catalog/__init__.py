"""What one VllmCatalog publishes: sources, offers, the plan, target namespaces."""
