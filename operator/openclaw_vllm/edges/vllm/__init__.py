"""HTTP requests to model servers, with every bound that an untrusted server needs."""
