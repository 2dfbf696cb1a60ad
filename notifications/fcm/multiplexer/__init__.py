"""HTTP/2 for one purpose: many small POSTs to one address, each with a small answer.

About six times leaner than libcurl, and it sees what libcurl hides: the last stream id of a
GOAWAY, refused streams, and whether the last byte of a request was handed to the network. Read
it in the order `frames`, `headers`, `exchange`, `transport`, `outgoing`, `incoming`,
`connection`, `lines`, `client`.

How it is fast: header blocks are cached whole (answers' because we ask for a header table of size
0, requests' because only the content length differs); a request is one HEADERS and one DATA
frame; frames of many requests go out in one write; no task, future or thread per message.

Nothing is sent on a connection before the far side's SETTINGS are in, and no PING is ever sent.
HTTP/1.1 and proxies are not its business: `pycurl_client` is there for them.
"""
