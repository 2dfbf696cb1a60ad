"""Phones: the list, and one phone with what it told beside what follows from it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from console import phone_words, sure
from console.history_words import permission_moment, registration_moment
from console.numbers import GROUPS as NAMES
from console.typed import whole
from console.views.gate import address, requires
from devices import consent, registry, reports
from devices.models import Device, TestDevice
from devices.paging import cut
from devices.permission import max_asks
from devices.reachability import GROUPS, in_group
from devices.states import Actor, DeviceState, Platform
from notifications import access, audit, histories, own_phones, reach

PAGE = 25
HISTORY = 30


@require_safe
@requires("view")
def devices(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    policy = reach.policy(timezone.now())
    if query:
        found = reports.find_devices(query, most=PAGE)
        context: dict[str, Any] = {}
    else:
        found, context = newest(request)
    phones = [phone_words.phone(device, policy) for device in found]
    context |= {
        "q": query,
        "phones": phones,
        "may_import": access.allowed(request.user, "settings"),
    }
    return render(request, "console/devices.html", context)


def newest(request: HttpRequest) -> tuple[list[Device], dict[str, Any]]:
    """A page of them, narrowed to one system or to one bar of the Overview."""
    before, system = request.GET.get("before", ""), request.GET.get("os", "")
    group = request.GET.get("group", "")
    devices = Device.objects.select_related("owner").order_by("-pk")
    kept = {"os": system} if system in Platform.values else {}
    rows: QuerySet[Device] = devices.on(system) if kept else devices
    if group in GROUPS:
        rows, kept["group"] = in_group(rows, group), group
    if (edge := whole(before)) is not None:
        rows = rows.filter(pk__lt=edge)
    page, last = cut(rows, PAGE)
    older = f"?{urlencode(kept | {'before': last})}" if last else ""
    context = {"next_url": older, "first_url": f"?{urlencode(kept)}" if before else ""}
    return page, context | {
        "tabs": [tab(kept, value, label) for value, label in (("", "All"), *Platform.choices)],
        "group": NAMES[group][0] if group in GROUPS else "",
    }


def tab(kept: dict[str, str], system: str, label: str) -> dict[str, Any]:
    """The same list for one system; "" is both."""
    there = {"group": kept["group"]} if "group" in kept else {}
    url = f"?{urlencode(there | ({'os': system} if system else {}))}"
    return {"label": label, "url": url, "active": system == kept.get("os", "")}


@require_http_methods(["GET", "HEAD", "POST"])
@requires("view")
def device(request: HttpRequest, device_id: str) -> HttpResponse:
    found = get_object_or_404(Device.objects.select_related("owner"), device_id=device_id)
    if request.method == "POST":
        return acted(request, found)
    context = {
        "phone": phone_words.phone(found, reach.policy(timezone.now())),
        "device": found,
        "told": told(found),
        "follows": follows(found),
        "owners": owners(found),
        "permissions": permissions(found),
        "deliveries": histories.of_device(found.pk),
        "is_mine": TestDevice.objects.filter(staff=request.user.pk, device=found).exists(),
        "may_test": access.allowed(request.user, "test"),
        "may_change": access.allowed(request.user, "people"),
        "active": found.state == DeviceState.ACTIVE,
    }
    return render(request, "console/device.html", context)


def acted(request: HttpRequest, device: Device) -> HttpResponse:
    deed = request.POST.get("do", "")
    if deed == "test":
        mark(request, device)
    elif deed == "untest":
        own_phones.unmark(device, by=request.user)
        messages.success(request, "It is not a test phone of yours any more.")
    elif deed == "unregister":
        access.check(request.user, "people")
        back = reverse("device", args=[device.device_id])
        if asking := sure.ask(request, "unregister", "this phone", back=back):
            return asking
        unregister(request, device)
    else:
        messages.error(request, "Nothing was done: that button is unknown here.")
    return redirect("device", device.device_id)


def mark(request: HttpRequest, device: Device) -> None:
    try:
        own_phones.mark(device, by=request.user, ip=address(request))
    except ValidationError as full:
        messages.error(request, " ".join(full.messages))
    else:
        messages.success(request, "Send test to me reaches this phone now.")


def unregister(request: HttpRequest, device: Device) -> None:
    """Whoever owns it; the audit log says who did."""
    registry.unregister(device_id=device.device_id, actor=Actor.CONSOLE, at=timezone.now())
    name = f"phone no. {device.pk}"  # never by id: the log is for ever, people may be erased
    audit.record(request.user, "unregistered a phone", device, {}, address(request), name=name)
    messages.success(request, "Unregistered. Nothing is sent to it until someone signs in on it.")


def told(device: Device) -> list[tuple[str, Any]]:
    """Raw: as the phone said it; None where it did not."""
    facts: list[tuple[str, Any]] = [("System’s answer", device.get_perm_system_display())]
    if device.platform == Platform.ANDROID:
        facts += [
            ("API level", device.api_level),
            ("App’s target API", device.target_sdk),
            ("Wants an explanation", device.perm_rationale),
            ("Channels", channels(device)),
        ]
    else:
        facts += [
            ("Banners", device.perm_alert),
            ("Sound", device.perm_sound),
            ("Badge", device.perm_badge),
        ]
    return [
        *facts,
        ("Times asked", device.perm_prompts_shown),
        ("Times denied", device.perm_denials),
        ("Times swiped away", device.perm_dismissals),
        ("Opted out in the app", device.opted_out),
        ("Told last", device.perm_reported_at),
    ]


def channels(device: Device) -> str | None:
    if not device.perm_channels:
        return None
    blocked = ", ".join(name for name, level in device.perm_channels.items() if level == 0)
    return f"{blocked} blocked" if blocked else "none blocked"


def follows(device: Device) -> list[tuple[str, Any]]:
    """Derived, by the rules of `devices.permission`."""
    derived = consent.derived_of(device)
    asks = max_asks(consent.facts_of(device))
    return [
        ("Status", device.perm_status),
        ("Asks left", f"{device.asks_left} of {asks}"),
        ("Can be sent to", device.deliverable),
        ("Known", "yes" if device.perm_known else "never reported"),
        ("Ambiguous", device.perm_ambiguous),
        ("notification_types", device.notification_types),
        ("Next action for the app", str(derived.next_action(fallback_to_settings=True))),
        ("Changed last", device.perm_changed_at),
    ]


def owners(device: Device) -> list[dict[str, Any]]:
    """Registrations, newest first, with who had it before and after."""
    return [
        registration_moment(line.event) | {"before": line.before, "after": line.after}
        for line in reports.ownership(device, most=HISTORY)
    ]


def permissions(device: Device) -> list[dict[str, Any]]:
    events = reports.permission_history([device], most=HISTORY)
    return [permission_moment(event, with_phone=False) for event in events]
