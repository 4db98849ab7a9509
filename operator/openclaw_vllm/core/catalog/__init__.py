"""Publication of a VllmCatalog: its sources, their offers, the plan, target namespaces."""
