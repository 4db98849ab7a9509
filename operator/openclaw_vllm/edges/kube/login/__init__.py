"""Login to the API server as kubectl does: kubeconfig, proxy, tokens, plugins, certificates."""
