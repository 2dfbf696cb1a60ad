"""Telling other systems what happens here: signed, at least once, tried again for a day.

`devices.outbox` holds the facts; `handing` makes one call for each endpoint that listens;
`courier` makes the calls. None of it runs where notifications are sent.
"""
