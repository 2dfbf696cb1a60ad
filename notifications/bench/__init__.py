"""Measuring: everyone sends to the same server that answers at once, in one run on one machine.

Each side runs in a process of its own, which says what it cost as one line of JSON.
"""
