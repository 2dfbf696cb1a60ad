"""Signing in and out, and one's own password. Guessing is slowed per name and per address."""

from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from console import first_admin
from console.views.gate import address
from notifications import audit
from notifications.models import AuditEntry

ADDRESS_LIMIT, ADDRESS_SECONDS = 20, 60  # wrong pairs from one address, whatever the names
NAME_LIMIT, NAME_SECONDS = 100, 3600  # wrong pairs for one name, whatever the addresses
KNOWN_FOR = timedelta(days=30)


@method_decorator([login_not_required, require_http_methods(["GET", "HEAD", "POST"])], "dispatch")
class SignIn(views.LoginView):
    """Five wrong pairs lock a name at an address for 15 minutes (django-axes, in the settings)."""

    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if cache.get(failures_key(request), 0) >= ADDRESS_LIMIT:
            return closed(request, ADDRESS_SECONDS, ADDRESS_LIMIT)
        if cache.get(guesses_key(request), 0) >= NAME_LIMIT and not is_known(request):
            return closed(request, NAME_SECONDS, NAME_LIMIT)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        audit.record(form.get_user(), "signed in", None, {}, address(self.request))
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        count(failures_key(self.request), ADDRESS_SECONDS)
        count(guesses_key(self.request), NAME_SECONDS)
        return super().form_invalid(form)


def count(key: str, seconds: int) -> None:
    if not cache.add(key, 1, seconds):
        with suppress(ValueError):  # it ran out in between
            cache.incr(key)


def failures_key(request: HttpRequest) -> str:
    return f"sign-in-failures:{address(request)}"


def guesses_key(request: HttpRequest) -> str:
    name = request.POST.get("username", "").strip().casefold()
    return f"sign-in-guesses:{sha256(name.encode('utf-8', 'replace')).hexdigest()}"


def is_known(request: HttpRequest) -> bool:
    """Whether that person signed in from there before: nobody locks her out from elsewhere."""
    name = request.POST.get("username", "").replace("\0", "").strip()
    since = timezone.now() - KNOWN_FOR
    entries = AuditEntry.objects.filter(action="signed in", ip=address(request), at__gte=since)
    return entries.filter(actor_name__iexact=name).exists()


def locked(request: HttpRequest, *_: Any) -> HttpResponse:
    """What django-axes answers once a name is locked at an address."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    return closed(request, seconds, settings.AXES_FAILURE_LIMIT)


def closed(request: HttpRequest, seconds: int, failures: int) -> HttpResponse:
    context = {"failure_limit": failures, "cooloff_timedelta": timedelta(seconds=seconds)}
    response = render(request, "registration/locked.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """One's own; every other session of hers ends."""
    form = PasswordChangeForm(cast(User, request.user), request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            user = form.save()
            audit.record(user, "changed their password", user, {}, address(request))
        update_session_auth_hash(request, user)
        forget_the_first(user)
        messages.success(request, "Your password is changed. Other browsers are signed out.")
        return redirect("overview")
    return render(request, "registration/password.html", {"form": form})


def forget_the_first(user: Any) -> None:
    """The generated password of the first admin is kept in a file until it is changed."""
    if user.get_username() == settings.ADMIN_USERNAME:
        first_admin.forget()
