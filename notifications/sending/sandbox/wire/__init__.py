"""HTTP/1.1 and HTTP/2 by hand, because faults live below what a server library shows.

A GOAWAY that names the last stream that was looked at, a REFUSED_STREAM, a reset after the message
was accepted: no ASGI server lets an application make these. And one write for the answers to
everything that arrived together makes it eight times as quick as the same application under one.
"""
