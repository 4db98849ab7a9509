"""Checks the workflows: builds actionlint once per user, as the tests build their control plane."""
