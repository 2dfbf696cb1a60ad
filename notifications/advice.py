"""Why a notification does not go on, and the steps that end it, with the names of this very set-up:
which role for which account, in which project. What Google said is kept beside it, word for word.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from notifications import reasons
from notifications.models import Notification

ROLE = "Firebase Cloud Messaging API Admin (roles/firebasecloudmessaging.admin)"
PERMISSION = "cloudmessaging.messages.create"
CLOUD = "https://console.cloud.google.com"
FIREBASE = "https://console.firebase.google.com"
RESUME = "Then press Resume: what waits is sent, nothing twice."
# Accounts that Google makes by itself, and what made them.
DEFAULT_ACCOUNTS = [
    (re.compile(r"(?P<project>[^@]+)@appspot\.gserviceaccount\.com"), "App Engine’s default"),
    (
        re.compile(r"(?P<project>\d+)-compute@developer\.gserviceaccount\.com"),
        "Compute Engine’s default",
    ),
]


@dataclass(frozen=True, slots=True)
class Advice:
    """`steps` in the order in which a person does them; `raw` is what FCM said."""

    sentence: str
    steps: list[str] = field(default_factory=list)
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """Who we are to Google, as it was when the answers came."""

    client_email: str
    project: str

    @property
    def account(self) -> str:
        return self.client_email or "the service account of FIREBASE_CREDENTIALS"

    @property
    def in_project(self) -> str:
        return f"project {self.project}" if self.project else "the key’s project"

    def link(self, base: str) -> str:
        return f"{base}?project={self.project}" if self.project else base


def advice(notification: Notification) -> Advice:
    """For one that is paused or held; of any other the sentence is empty."""
    code = notification.paused_reason
    if not code:
        return Advice("")
    kept: dict[str, Any] = notification.paused_facts or {}
    cause = Cause(str(kept.get("client_email", "")), str(kept.get("project", "")))
    if code in _STEPS:
        steps = _STEPS[code](cause)
    else:
        steps = [step] if (step := reasons.next_step(code)) else []
    return Advice(reasons.sentence(code), steps, str(kept.get("detail", ""))[:2_000])


def _iam(cause: Cause) -> list[str]:
    steps = [
        f"Open {cause.link(CLOUD + '/iam-admin/iam')}.",
        f"Grant {cause.account} the role {ROLE}, or a custom role with {PERMISSION}.",
    ]
    if made_by := _default_account(cause.client_email):
        steps.append(
            f"{cause.client_email} is {made_by} service account. Organisations can turn off the "
            "automatic grants of such accounts (iam.automaticIamGrantsForDefaultServiceAccounts), "
            f"and then it holds no role at all: grant it {ROLE}; the broad role Editor is not "
            "needed."
        )
    return [*steps, f"Wait a minute or two for the grant. {RESUME}"]


def _default_account(client_email: str) -> str:
    found = (made_by for form, made_by in DEFAULT_ACCOUNTS if form.fullmatch(client_email))
    return next(found, "")


def _api_disabled(cause: Cause) -> list[str]:
    return [
        f"Open {cause.link(CLOUD + '/apis/library/fcm.googleapis.com')}.",
        f"Enable the Firebase Cloud Messaging API (V1) in {cause.in_project}.",
        f"Wait a few minutes until Google knows. {RESUME}",
    ]


def _apns_key(cause: Cause) -> list[str]:
    where = f"{FIREBASE}/project/{cause.project or '_'}/settings/cloudmessaging"
    return [
        f"Open {where}: Project settings → Cloud Messaging → Apple app configuration.",
        "Upload the APNs authentication key (.p8) with its key ID and team ID.",
        f"Android went on meanwhile. {RESUME}",
    ]


def _wrong_project(cause: Cause) -> list[str]:
    return [
        f"The key belongs to {cause.in_project}. Compare it with project_id in the app’s "
        "google-services.json and PROJECT_ID in its GoogleService-Info.plist.",
        "Where they differ: put the right key in place (FIREBASE_CREDENTIALS) and restart the "
        f"workers. {RESUME}",
        "Where the phones are the wrong ones: Stop. No phone was retired.",
    ]


def _credentials(cause: Cause) -> list[str]:
    return [
        f"Look whether {cause.account} and its key still exist: "
        f"{cause.link(CLOUD + '/iam-admin/serviceaccounts')}.",
        f"Make a new JSON key there, or in Firebase: {FIREBASE}/project/{cause.project or '_'}"
        "/settings/serviceaccounts/adminsdk.",
        "Put it where FIREBASE_CREDENTIALS points, readable by Beckon alone, and restart the "
        f"workers. {RESUME}",
    ]


def _brake(cause: Cause) -> list[str]:
    return [
        "They are dead, and that is no surprise (an old audience, a first send for long): Resume. "
        "They are retired, but for those that registered again since.",
        f"They can’t all be dead: Stop, and look whether the key ({cause.in_project}) is the app’s.",
    ]


_STEPS: dict[str, Callable[[Cause], list[str]]] = {
    "iam": _iam,
    "api_disabled": _api_disabled,
    "apns_key": _apns_key,
    "wrong_project": _wrong_project,
    "credentials": _credentials,
    "brake": _brake,
}
