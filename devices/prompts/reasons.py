"""Why a phone does not see a prompt, in words; and what can be done about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    label: str
    sentence: str
    next_step: str = ""


REASONS: dict[str, Words] = {
    "not_live": Words(
        "Not live", "The prompt is not live, so nobody sees it.", "Set it live when it is ready."
    ),
    "outside_schedule": Words(
        "Outside its dates",
        "Today is before the prompt’s start or after its end.",
        "Change the start or the end.",
    ),
    "device_not_active": Words(
        "Phone not active",
        "The app was removed from this phone, or its person signed out.",
        "It comes back when the app registers again.",
    ),
    "platform_excluded": Words(
        "Other system",
        "The prompt is not for this phone’s system.",
        "Tick the system under Platforms.",
    ),
    "app_version_excluded": Words(
        "Other app version",
        "The app on this phone is older or newer than the prompt asks for, or did not tell.",
        "Change the app versions, or have the app tell its version when it registers.",
    ),
    "already_allowed": Words(
        "Already allowed",
        "The system allows notifications on this phone already; such a phone never sees a prompt.",
    ),
    "provisional_excluded": Words(
        "Delivered quietly",
        "This iPhone receives notifications quietly, and the prompt leaves such phones out.",
        "Tick Include phones that receive quietly.",
    ),
    "opted_out_excluded": Words(
        "Opted out in the app",
        "This person turned notifications off in the app, and the prompt leaves them out.",
        "Tick Include people who opted out.",
    ),
    "no_ask_left_no_fallback": Words(
        "No ask left",
        "The system shows no dialog on this phone any more, and the prompt does not lead to the "
        "settings.",
        "Let a tap open the settings when no ask is left.",
    ),
    "audience_miss": Words(
        "Not in the audience",
        "This person was not in the prompt’s audience when the session started.",
        "Choose another audience, or Show to all users.",
    ),
    "holdout": Words(
        "Held out",
        "This phone belongs to the hold-out: it sees nothing, so that the others can be compared.",
    ),
    "max_displays": Words(
        "Shown often enough",
        "This phone has seen the prompt as often as it may.",
        "Raise the number of displays.",
    ),
    "gap": Words(
        "Shown recently",
        "This phone has seen the prompt, and the gap until the next time is not over.",
        "It is shown again when the gap is over.",
    ),
    "global_cap": Words(
        "Saw a prompt today",
        "This phone has seen a prompt in this session or in the last 24 hours; one is the most.",
        "It can be shown tomorrow.",
    ),
    "trigger_not_met": Words(
        "Trigger not met",
        "Nothing happened that brings the prompt up.",
        "Try what the triggers ask for, such as opening the app.",
    ),
    "lower_priority": Words(
        "Another prompt first",
        "Another prompt with a higher priority, or an older one, is shown instead.",
        "Raise the priority, or pause the other prompt.",
    ),
}


def label(code: str) -> str:
    return REASONS[code].label if code in REASONS else code


def sentence(code: str) -> str:
    return REASONS[code].sentence if code in REASONS else code


def next_step(code: str) -> str:
    return REASONS[code].next_step if code in REASONS else ""
