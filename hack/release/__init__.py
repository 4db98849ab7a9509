"""Makes a release: `python -m hack.release`, by the targets of the Makefile.

RELEASE.md says who runs what, and when.
"""


class ReleaseError(Exception):
    """There can be no release; the message says why, and what to do."""
