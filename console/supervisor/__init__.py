"""What `manage.py up` is made of.

`parts` says what there is to run and how to tell that it answers, `child` holds one running
process, `keeper` starts them in order, restarts what dies and stops all of it, `place` makes sure
that folder and ports are ours.
"""
