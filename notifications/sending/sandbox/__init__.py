"""The sandbox: FCM's HTTP v1 API on this machine, with pretend phones, as its own process.

It answers as Google's servers do (every envelope names the capture or document it follows),
remembers each message it accepted, and breaks on demand. It is a leaf: it knows neither Django
nor the sender, so what it recorded can be held against what the sender believes.

    python -m notifications.sending.sandbox --port 8787 --data-dir var
"""
