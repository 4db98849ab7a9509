"""Conditions and the whole status of both kinds."""
