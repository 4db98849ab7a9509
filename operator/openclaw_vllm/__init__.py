"""The operator, room by room.

`api` is the wire: what users write and read. `core` is pure: values in, values out. `edges` is the
world: API server, vLLM servers, queue, metrics, one library behind one door each. `reconcile` is
where they meet, one function per kind. `intake` and `handlers` turn kopf's watch events into keys,
`audit` finds what no watch tells, `run` wires it all, `cli` is the command.
"""
