"""Talking to the FCM HTTP v1 API: what to say, how to say it fast, and what the answers mean.

A leaf: no Django, no models, no settings.
"""
