"""The API types: specs and statuses as pydantic models, from which the CRDs are generated."""
