"""A phone and what it may show, in words; STYLE's vocabulary, one pill and one sentence each."""

from dataclasses import dataclass

from django.utils import timezone

from console.clock import ago_text
from devices import names
from devices.models import AppUser, Device
from devices.states import DeviceState, PermissionStatus, Platform, SystemPermission
from notifications import reach

NUMBERS = ("no ask", "one ask", "two asks")
QUIET = (SystemPermission.PROVISIONAL, SystemPermission.EPHEMERAL)


@dataclass(frozen=True, slots=True)
class PhoneWords:
    """`status` picks the pill's colour and icon, `word` stands in it, `sentence` explains."""

    status: str
    word: str
    sentence: str
    reachable: bool = False


@dataclass(frozen=True, slots=True)
class Phone:
    device: Device
    says: PhoneWords

    @property
    def name(self) -> str:
        return name_of(self.device)

    @property
    def system(self) -> str:
        return system_of(self.device)

    @property
    def token(self) -> str:
        return masked(self.device.token)


def phone(device: Device, policy: reach.Policy) -> Phone:
    return Phone(device, words(device, policy))


def name_of(device: Device) -> str:
    return names.phone(device)


def system_of(device: Device) -> str:
    system = f"{Platform(device.platform).label} {device.os_version}".strip()
    return f"{system} · app {device.app_version}" if device.app_version else system


def masked(token: str | None) -> str:
    """The last four characters: enough to tell two apart, too few to use."""
    return f"••••{token[-4:]}" if token else ""


def display_name(person: AppUser) -> str:
    """What her attributes call her, else her id."""
    return names.person(person)


def initials(name: str) -> str:
    """Two letters for the picture that stands in for a person."""
    parts = name.replace(".", " ").replace("_", " ").replace("-", " ").split()
    letters = "".join(part[0] for part in parts[:2]) if len(parts) > 1 else name.strip()[:2]
    return letters.upper()


def words(device: Device, policy: reach.Policy) -> PhoneWords:
    """What this phone would do with a notification now, and what can still be asked of it."""
    if device.state == DeviceState.INVALID:
        return PhoneWords("app_removed", "App removed", gone(device))
    if device.state == DeviceState.UNREGISTERED:
        return PhoneWords("unregistered", "Signed out", "Nobody is signed in on it.")
    status, word, sentence = permission(device)
    reason = reach.evaluate(facts(device), policy)
    if reason == "no_token":
        sentence = f"The app registered without an address, so nothing can be sent. {sentence}"
    elif reason == "stale":
        sentence = f"{sentence} Not seen for 30 days, so the sending policy leaves it out."
    elif reason and not device.perm_known:
        sentence = f"{sentence} The sending policy leaves such phones out."
    return PhoneWords(status, word, sentence, reachable=not reason)


def facts(device: Device) -> reach.Facts:
    return reach.Facts(*(getattr(device, column) for column in reach.COLUMNS))


def permission(device: Device) -> tuple[str, str, str]:
    left = f"{NUMBERS[min(device.asks_left, 2)]} left"
    if device.opted_out:
        return "opted_out", "Opted out in the app", "Only they can opt in again, in the app."
    if not device.perm_known and device.deliverable:
        told = "The app never told. FCM is asked, and the phone decides whether to show it."
        return "unreported", "Never reported", told
    if device.perm_system in QUIET:
        quiet = f"Into the notification centre, without banner or sound; {left}."
        return "provisional", "Quietly", quiet
    if device.perm_status == PermissionStatus.GRANTED:
        return "granted", "Allowed", allowed(device)
    if device.perm_status == PermissionStatus.DENIED:
        return "denied", "Notifications are off", "Only they can switch them on, in Settings."
    if device.perm_status == PermissionStatus.SHOULD_EXPLAIN and (
        device.platform == Platform.ANDROID
    ):
        where = "Switched off in Settings" if device.perm_source == "settings" else "Denied once"
        return "denied", "Notifications are off", f"{where}; {left}, explain first."
    return "should_request", "Not asked yet", f"Not asked yet; {left}."


def allowed(device: Device) -> str:
    if device.platform == Platform.ANDROID:
        blocked = [name for name, level in (device.perm_channels or {}).items() if level == 0]
        if blocked:
            return f"Shows notifications, but they blocked {', '.join(blocked)}."
        return "Shows notifications; the channel decides about sound."
    shown = "Shows banners" if device.perm_alert is not False else "No banners"
    return f"{shown} {'without' if device.perm_sound is False else 'with'} sound."


def gone(device: Device) -> str:
    if device.invalid_at is None:
        return "Google retired its address. It no longer counts."
    since = ago_text(timezone.now() - device.invalid_at)
    return f"Google retired its address {since}. It no longer counts."
