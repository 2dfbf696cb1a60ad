"""What people do to a notification: compose, review, confirm, undo, pause, stop.

Functions write rows and ring nothing; whoever calls them rings the bell after the commit.
"""

from notifications.lifecycle.confirming import FEW_PHONES, confirm, review, ticket_of, undo_window
from notifications.lifecycle.drafts import EDITABLE, ITS_TIME, Conflict, compose, revise, send_test
from notifications.lifecycle.going import pause, resend_unknown, resume, stop
from notifications.lifecycle.moving import WrongState, can, move
from notifications.lifecycle.waiting import cancel, edit, extend_undo, release, undo
from notifications.review import Review, StaleReview

__all__ = [
    "EDITABLE", "FEW_PHONES", "ITS_TIME", "Conflict", "Review", "StaleReview", "WrongState", "can",
    "cancel", "compose", "confirm", "edit", "extend_undo", "move", "pause", "release",
    "resend_unknown", "resume", "review", "revise", "send_test", "stop", "ticket_of", "undo",
    "undo_window",
]  # fmt: skip
