"""The cards that are nothing but preferences: Sound and channels, Sending policy, App & Firebase."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from console.forms.guards import GuardsForm
from console.forms.policy import PolicyForm
from console.forms.preferences import AppForm, PreferencesForm, SoundForm
from console.views.gate import address, requires
from console.views.proving import proven
from console.views.settings.cards import draw
from devices import consent, preferences
from notifications import audit
from notifications.sending import channel


@require_http_methods(["GET", "POST"])
@requires("settings")
def sound(request: HttpRequest) -> HttpResponse:
    return keep(request, "settings-sound", SoundForm, {})


@require_http_methods(["GET", "POST"])
@requires("settings")
def waves(request: HttpRequest) -> HttpResponse:
    return keep(request, "settings-waves", GuardsForm, {})


@require_http_methods(["GET", "POST"])
@requires("settings")
def policy(request: HttpRequest) -> HttpResponse:
    facts = {
        "undo_seconds": settings.UNDO_SECONDS,
        "batch_threshold": settings.BATCH_THRESHOLD,
        "app_timezone": preferences.get("app_timezone"),
    }
    return keep(request, "settings-policy", PolicyForm, facts)


@require_http_methods(["GET", "POST"])
@requires("settings")
@proven
def app(request: HttpRequest) -> HttpResponse:
    return keep(request, "settings-app", AppForm, connection())


@require_POST
@requires("settings")
def check(request: HttpRequest) -> HttpResponse:
    """Ask Google (or the sandbox) to validate a message, and show the answer on the card."""
    report = channel.check_connection()
    facts = {"ok": report.ok, "answer": report.sentence, "project": channel.project_id()}
    audit.record(request.user, "checked the connection", None, facts, address(request))
    context = connection() | {"report": report, "form": AppForm()}
    return draw(request, "settings-app", context)


def connection() -> dict[str, Any]:
    return {
        "in_sandbox": channel.in_sandbox(),
        "project_id": channel.project_id(),
        "client_email": channel.client_email(),
        "fcm_url": settings.FCM_BASE_URL,
    }


def keep(
    request: HttpRequest, url_name: str, form_class: type[PreferencesForm], context: dict[str, Any]
) -> HttpResponse:
    """Show the card's form, or save it and come back."""
    form = form_class(request.POST or None)
    if request.method == "POST":
        form = form_class(request.POST)
        if form.is_valid():
            save(request, url_name, form)
            return redirect(url_name)
    return draw(request, url_name, context | {"form": form})


@transaction.atomic
def save(request: HttpRequest, url_name: str, form: PreferencesForm) -> None:
    changed = form.save()
    if "ios_ask_direct" in changed:
        consent.rederive_iphones()
    if changed:
        card = url_name.removeprefix("settings-")
        audit.record(request.user, "changed settings", None, changed, address(request), name=card)
        messages.success(request, "Saved. It holds from the next notification on.")
    else:
        messages.info(request, "Nothing was different.")
