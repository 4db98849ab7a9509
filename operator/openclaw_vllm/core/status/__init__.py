"""Conditions and status of both kinds."""
