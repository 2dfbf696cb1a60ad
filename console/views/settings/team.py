"""Settings → Team: who may sign in and what each may do."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from console import sure
from console import team as staff
from console.forms.team import CHOICES, MemberForm
from console.views.gate import address, requires
from console.views.proving import proven
from console.views.settings.cards import draw


@require_http_methods(["GET", "POST"])
@requires("team")
@proven
def team(request: HttpRequest) -> HttpResponse:
    """The list; a POST adds a member and shows the generated password, this once."""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = staff.add(**form.cleaned_data, by=request.user, ip=address(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return shown_once(request, user, password)
    return listed(request, form)


@require_POST
@requires("team")
@proven
def role(request: HttpRequest, pk: int) -> HttpResponse:
    user = member(pk)
    wanted = request.POST.get("role", "")
    said = f"{user.get_username()} is {wanted} now."
    return done(request, said, staff.change_role, user, wanted)


@require_POST
@requires("team")
@proven
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    user = member(pk)
    if asking := sure.ask(request, "deactivate", user.username, back=reverse("settings-team")):
        return asking
    return done(request, f"{user.get_username()} can’t sign in any more.", staff.deactivate, user)


@require_POST
@requires("team")
@proven
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    user = member(pk)
    return done(request, f"{user.get_username()} can sign in again.", staff.activate, user)


@require_POST
@requires("team")
@proven
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    user = member(pk)
    if asking := sure.ask(request, "new_password", user.username, back=reverse("settings-team")):
        return asking
    return shown_once(
        request, user, staff.reset_password(user, by=request.user, ip=address(request))
    )


def member(pk: int) -> Any:
    return get_object_or_404(get_user_model(), pk=pk)


def done(request: HttpRequest, said: str, deed: Any, *what: Any) -> HttpResponse:
    try:
        deed(*what, by=request.user, ip=address(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, said)
    return redirect("settings-team")


def shown_once(request: HttpRequest, user: Any, password: str) -> HttpResponse:
    """No redirect: the password exists in this answer and nowhere else."""
    return listed(request, MemberForm(), {"fresh": user, "password": password})


def listed(
    request: HttpRequest, form: MemberForm, extra: dict[str, Any] | None = None
) -> HttpResponse:
    rows = [(each, staff.role_of(each)) for each in staff.members()]
    context = {"form": form, "rows": rows, "roles": CHOICES, "role_words": staff.ROLE_WORDS}
    return draw(request, "settings-team", context | (extra or {}))
