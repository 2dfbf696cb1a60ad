"""One plain question before what can't be taken back: a dialog, or without JavaScript a page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

QUESTIONS = {  # deed: (question, its button)
    "unregister": (
        "Unregister {}? Nothing is sent to it until someone signs in on it.",
        "Unregister",
    ),
    "deactivate": (
        "Deactivate {}? They are signed out at once and can’t sign in again until you let them.",
        "Deactivate",
    ),
    "new_password": (
        "Make a new password for {}? Every browser of theirs is signed out.",
        "New password",
    ),
    "revoke": (
        "Revoke {}? Whoever uses it is refused at once. This can’t be taken back.",
        "Revoke",
    ),
    "rotate_identity": (
        "Make a new secret? The present one stays valid until you retire it, or rotate again.",
        "Make a new one",
    ),
    "retire_identity": (
        "Retire the former secret? Signatures made with it are refused at once.",
        "Retire the former",
    ),
    "rotate_webhook": (
        "Make a new secret? For 24 hours both sign, then the former ends.",
        "Make a new one",
    ),
    "remove_webhook": (
        "Remove {}? What still waits for it is not sent.",
        "Remove",
    ),
}
FIELD = "sure"  # what the dialog and the page's button add


def words(deed: str, name: object = "") -> str:
    return QUESTIONS[deed][0].format(name)


def ask(request: HttpRequest, deed: str, name: object = "", *, back: str) -> HttpResponse | None:
    """The page that asks and then sends the same again; None once it was answered. The question
    is `words(deed, name)`, and `back` is where *Leave it* leads."""
    if FIELD in request.POST:
        return None
    sent = [(key, value) for key, values in request.POST.lists() for value in values]
    context = {
        "question": words(deed, name),
        "verb": QUESTIONS[deed][1],
        "sent": [pair for pair in sent if pair[0] != "csrfmiddlewaretoken"],
        "field": FIELD,
        "back": back,
    }
    return render(request, "console/sure.html", context)
