"""Errors of a login, each in one line."""

import aiohttp


class NoCluster(Exception):
    """Neither a kubeconfig nor a service account was found, or it cannot be read."""


class LoginFailed(aiohttp.ClientConnectionError):
    """No credentials are to be had for now: what sends a request again tries it again.

    kopf and `ApiServer` do so after a broken connection, so this is one.
    """


class NotReached(aiohttp.ClientConnectionError):
    """What is in between has answered, and not the API server: tried again in the same way.

    aiohttp's own error would end kopf, and shows the password of a proxy.
    """
