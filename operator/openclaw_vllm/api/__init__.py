"""The wire: what users write and read, as pydantic models that the CRD is generated from."""
