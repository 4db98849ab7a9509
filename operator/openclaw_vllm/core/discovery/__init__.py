"""Where a server is, what it serves, and when it is probed again."""
