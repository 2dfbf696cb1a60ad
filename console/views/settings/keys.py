"""Settings → API keys, and the secret that signs user ids."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from console import sure
from console.forms.keys import KeyForm
from console.views.gate import address, requires
from console.views.proving import proven
from console.views.settings.cards import draw
from devices import identity, preferences
from devices import keys as api_keys
from devices.models import ApiKey
from devices.states import KeyKind
from notifications import audit


@require_http_methods(["GET", "POST"])
@requires("keys")
@proven
def keys(request: HttpRequest) -> HttpResponse:
    """The list; a POST makes a key. A server key is in that answer and nowhere else."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return listed(request, KeyForm(), {"made": make(request, form)})
    return listed(request, form)


@transaction.atomic
def make(request: HttpRequest, form: KeyForm) -> api_keys.NewKey:
    name, kind = form.cleaned_data["name"], KeyKind(form.cleaned_data["kind"])
    scopes = form.cleaned_data["scopes"] if kind == KeyKind.SERVER else None
    made = api_keys.make(kind, name, scopes, by=request.user)  # type: ignore[arg-type]
    facts = {"kind": kind, "scopes": made.key.scopes, "key": made.key.public_id}
    audit.record(request.user, "made a key", made.key, facts, address(request))
    return made


@require_POST
@requires("keys")
@proven
def revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    key = get_object_or_404(ApiKey, public_id=public_id)
    if asking := sure.ask(request, "revoke", key.name, back=reverse("settings-keys")):
        return asking
    if key.revoked_at is None:
        with transaction.atomic():
            api_keys.revoke(public_id)
            facts = {"kind": key.kind, "key": public_id}
            audit.record(request.user, "revoked a key", key, facts, address(request))
    messages.success(request, f"Revoked. {key.name} is refused from now on.")
    return redirect("settings-keys")


@require_POST
@requires("keys")
@proven
def secret(request: HttpRequest) -> HttpResponse:
    """Show the identity secret, in this answer only."""
    audit.record(request.user, "looked at the identity secret", None, {}, address(request))
    return listed(request, KeyForm(), {"identity_secret": identity.current()})


@require_POST
@requires("keys")
@proven
def rotate(request: HttpRequest) -> HttpResponse:
    """A new secret; the former stays valid, so that back ends can change over."""
    if asking := sure.ask(request, "rotate_identity", back=reverse("settings-keys")):
        return asking
    with transaction.atomic():
        made = identity.rotate()
        audit.record(request.user, "rotated the identity secret", None, {}, address(request))
    return listed(request, KeyForm(), {"identity_secret": made})


@require_POST
@requires("keys")
@proven
def retire(request: HttpRequest) -> HttpResponse:
    if asking := sure.ask(request, "retire_identity", back=reverse("settings-keys")):
        return asking
    with transaction.atomic():
        ended = identity.retire_former()
        audit.record(request.user, "retired the former secret", None, {}, address(request))
    said = "Only the newest secret is valid now." if ended else "There was no former secret."
    messages.success(request, said)
    return redirect("settings-keys")


@require_POST
@requires("keys")
@proven
def signing(request: HttpRequest) -> HttpResponse:
    """Whether user ids must be signed at all."""
    wanted = "secure_identity" in request.POST
    with transaction.atomic():
        preferences.put(secure_identity=wanted)
        facts = {"secure_identity": wanted}
        audit.record(request.user, "changed settings", None, facts, address(request), name="keys")
    messages.success(
        request,
        "User ids must be signed now." if wanted else "User ids are taken as they come now.",
    )
    return redirect("settings-keys")


def listed(
    request: HttpRequest, form: KeyForm, extra: dict[str, Any] | None = None
) -> HttpResponse:
    everything = ApiKey.objects.select_related("created_by").order_by("-pk")
    context = {
        "form": form,
        "live_keys": everything.filter(revoked_at=None),
        "revoked_keys": everything.exclude(revoked_at=None)[:50],
        "valid_secrets": len(identity.valid_secrets()),
        "secure_identity": preferences.get("secure_identity"),
    }
    return draw(request, "settings-keys", context | (extra or {}))
