"""The operator, by package.

`api` are the types of the wire. `core` is pure: values in, values out. `edges` has the I/O: API
server, vLLM servers, metrics, each library behind one module. `reconcile` combines them, one
function per kind. `controllers` and `handlers` turn kopf's watch events into keys of work queues,
and re-list what no watch shows; `commands` are those of `cli`; `run` wires the operator.
"""
