"""What a phone may show, and whether its person may still be asked. Pure: no Django, no clock.

`Facts` are what the phone told, `derive` says what follows from them (rules P0 to P9), and the
transitions T1 to T14 take facts and return new ones. T15, a reinstall, is a new device with
fresh facts. iOS asks once; Android 13 and later twice; Android 12 and earlier never asks.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

ASKING_SINCE_API = 33  # Android 13 is the first that asks
TOO_FAST_MS = 400  # nobody answers a dialog that quickly: the system showed none
OPTED_OUT = -2
ANDROID_APIS = {"13": 33, "12L": 32, "12.1": 32, "12": 31, "11": 30, "10": 29, "9": 28, "8": 26}


class System(StrEnum):
    NOT_DETERMINED = "not_determined"
    DENIED = "denied"
    AUTHORIZED = "authorized"
    PROVISIONAL = "provisional"
    EPHEMERAL = "ephemeral"
    UNKNOWN = "unknown"


class Status(StrEnum):
    SHOULD_REQUEST = "should_request"
    SHOULD_EXPLAIN = "should_explain_then_request"
    GRANTED = "granted"
    DENIED = "denied"


class NextAction(StrEnum):
    NONE = "none"
    OPT_IN = "opt_in"
    SYSTEM_PROMPT = "system_prompt"
    OPEN_SETTINGS = "open_settings"


QUIET = frozenset({System.PROVISIONAL, System.EPHEMERAL})


@dataclass(frozen=True, slots=True)
class Facts:
    """What we were told or remember. `known` is true from the first report on, even one that
    says `unknown`. On iOS `denials` remembers that the one ask is spent."""

    platform: str
    api_level: int | None = None
    target_sdk: int | None = None
    os_version: str = ""
    system: str = System.UNKNOWN
    rationale: bool | None = None
    denials: int = 0
    prompts_shown: int = 0
    dismissals: int = 0
    alert: bool | None = None
    sound: bool | None = None
    badge: bool | None = None
    known: bool = False
    opted_out: bool = False

    @property
    def is_ios(self) -> bool:
        return self.platform == "ios"

    @property
    def asks_at_all(self) -> bool:
        return max_asks(self) > 0


@dataclass(frozen=True, slots=True)
class Derived:
    status: Status
    asks_left: int
    deliverable: bool
    notification_types: int
    known: bool
    ambiguous: bool
    opted_out: bool

    @property
    def granted(self) -> bool:
        return self.status is Status.GRANTED

    def next_action(self, *, fallback_to_settings: bool) -> NextAction:
        return next_action(self.status, self.opted_out, fallback_to_settings)


@dataclass(frozen=True, slots=True)
class Report:
    """Raw facts in one report; None means the phone did not say."""

    system: str
    source: str = "report"
    rationale: bool | None = None
    alert: bool | None = None
    sound: bool | None = None
    badge: bool | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """How a system dialog ended: `result` is granted, denied or dismissed."""

    result: str
    dialog_shown: bool | None = None
    elapsed_ms: int | None = None
    alert: bool | None = None
    sound: bool | None = None
    badge: bool | None = None

    @property
    def nothing_was_shown(self) -> bool:
        too_fast = self.elapsed_ms is not None and self.elapsed_ms < TOO_FAST_MS
        return self.dialog_shown is False or too_fast


def android_api(facts: Facts) -> int:
    """The API level, or what the version's name says; a phone that told neither counts as new."""
    if facts.api_level is not None:
        return facts.api_level
    version = facts.os_version.strip()
    major = version.split(".")[0]
    for name in (version, major):
        if name in ANDROID_APIS:
            return ANDROID_APIS[name]
    return 1 if major.isdecimal() and int(major) < 8 else ASKING_SINCE_API


def max_asks(facts: Facts) -> int:
    if facts.is_ios:
        return 1
    if android_api(facts) < ASKING_SINCE_API:
        return 0
    old_target = facts.target_sdk is not None and facts.target_sdk < ASKING_SINCE_API
    return 1 if old_target else 2


def derive(facts: Facts, *, ios_ask_direct: bool = False) -> Derived:
    """`ios_ask_direct`: an iPhone that was never asked may be asked without an explanation."""
    status, ambiguous = _status(facts, ios_ask_direct)
    quiet = facts.is_ios and facts.system in QUIET
    may_show = status is Status.GRANTED or quiet or never_told(facts)
    deliverable = may_show and not facts.opted_out
    return Derived(
        status=status,
        asks_left=_asks_left(facts, status),
        deliverable=deliverable,
        notification_types=OPTED_OUT if facts.opted_out else int(deliverable),
        known=facts.known,
        ambiguous=ambiguous,
        opted_out=facts.opted_out,
    )


def never_told(facts: Facts) -> bool:
    """P0: nothing was ever reported; FCM is asked and decides."""
    return facts.system == System.UNKNOWN and not facts.known


def _status(facts: Facts, ios_ask_direct: bool) -> tuple[Status, bool]:
    if facts.system == System.AUTHORIZED:  # P1
        return Status.GRANTED, False
    if facts.is_ios:
        return _ios_status(facts, ios_ask_direct), False
    if android_api(facts) < ASKING_SINCE_API:  # P5, P6
        disabled = facts.system == System.DENIED
        return (Status.DENIED if disabled else Status.GRANTED), False
    return _android_status(facts)


def _ios_status(facts: Facts, ask_direct: bool) -> Status:
    if facts.system == System.DENIED or facts.denials:  # P3: the one ask is spent for good
        return Status.DENIED
    if facts.system in QUIET:  # P2
        return Status.SHOULD_EXPLAIN
    return Status.SHOULD_REQUEST if ask_direct else Status.SHOULD_EXPLAIN  # P4


def _android_status(facts: Facts) -> tuple[Status, bool]:
    most = max_asks(facts)
    denials = _denials(facts)
    if denials >= most or (facts.rationale is False and denials):  # P8
        return Status.DENIED, False
    if denials:  # P7: denied exactly once, and asked twice at most
        return Status.SHOULD_EXPLAIN, False
    return Status.SHOULD_REQUEST, facts.system == System.DENIED  # P9


def _denials(facts: Facts) -> int:
    """A rationale that is wanted tells of exactly one denial, even of one nobody told us of."""
    if facts.rationale and max_asks(facts) > 1:
        return 1
    return max(facts.denials, int(bool(facts.rationale)))


def _asks_left(facts: Facts, status: Status) -> int:
    if status in (Status.GRANTED, Status.DENIED):
        return 0
    return max(0, max_asks(facts) - (0 if facts.is_ios else _denials(facts)))


def next_action(status: str, opted_out: bool, fallback_to_settings: bool) -> NextAction:
    """What the app does when its person says yes. `opt_in` shows no dialog; with
    `system_prompt` an app whose person opted out opts in as well."""
    if status == Status.GRANTED:
        return NextAction.OPT_IN if opted_out else NextAction.NONE
    if status == Status.DENIED:
        return NextAction.OPEN_SETTINGS if fallback_to_settings else NextAction.NONE
    return NextAction.SYSTEM_PROMPT


def reported(facts: Facts, report: Report) -> Facts:
    """T1, with what a change tells: T7, T8 and T9."""
    was_granted = derive(facts).granted
    after = replace(
        facts,
        system=report.system,
        rationale=facts.rationale if report.rationale is None else report.rationale,
        alert=facts.alert if report.alert is None else report.alert,
        sound=facts.sound if report.sound is None else report.sound,
        badge=facts.badge if report.badge is None else report.badge,
        known=True,
    )
    if report.system == System.AUTHORIZED:  # T8 where it was off
        return after
    if facts.is_ios:
        return replace(after, denials=1) if report.system == System.DENIED else after
    if was_granted and report.system == System.DENIED:  # T9: usually one more ask is possible
        turned_off = replace(after, denials=1, rationale=report.rationale)
        return turned_off if after.asks_at_all else after
    if facts.rationale and report.rationale is False and report.source == "prompt":  # T7
        return replace(after, denials=max_asks(after))
    return after


def prompt_shown(facts: Facts) -> Facts:
    """T2."""
    return replace(facts, prompts_shown=facts.prompts_shown + 1)


def answered(facts: Facts, answer: Answer) -> Facts:
    """T3 to T6. Raises ValueError for an iPhone's dialog that was dismissed: there is none."""
    facts = replace(facts, known=True)
    if answer.result == "granted":
        return _granted(facts, answer)
    if answer.result == "dismissed":
        if facts.is_ios:
            raise ValueError("An iPhone's dialog cannot be dismissed.")
        return replace(facts, dismissals=facts.dismissals + 1)
    return _denied(facts, answer)


def _granted(facts: Facts, answer: Answer) -> Facts:
    granted = replace(facts, system=System.AUTHORIZED, rationale=None)
    if not facts.is_ios:
        return granted  # Android knows no alert, sound and badge
    return replace(granted, alert=answer.alert, sound=answer.sound, badge=answer.badge)


def _denied(facts: Facts, answer: Answer) -> Facts:
    most = max_asks(facts)
    denied = replace(facts, system=System.DENIED)
    if facts.is_ios or not most:
        return replace(denied, denials=most)
    if answer.nothing_was_shown:  # T6: the asks were spent before we knew this phone
        return replace(denied, denials=most, rationale=False)
    denials = min(_denials(facts) + 1, most)  # T4
    return replace(denied, denials=denials, rationale=denials < most)


def opted_out(facts: Facts) -> Facts:
    """T10."""
    return replace(facts, opted_out=True)


def opted_in(facts: Facts) -> Facts:
    """T12. The only way out of an opt-out."""
    return replace(facts, opted_out=False)


def upgraded(
    facts: Facts, *, api_level: int | None, target_sdk: int | None, os_version: str
) -> Facts:
    """T13 and T14: the phone's system or the app's target rose, and with them the rules."""
    after = replace(facts, api_level=api_level, target_sdk=target_sdk, os_version=os_version)
    if facts.is_ios:
        return after
    if not facts.asks_at_all and after.asks_at_all:  # T13: the system carries its answer over
        if derive(facts).granted:
            return replace(after, system=System.AUTHORIZED)
        return replace(after, denials=max_asks(after), rationale=False)
    if max_asks(facts) == 1 and max_asks(after) == 2 and facts.denials == 1:  # T14
        return replace(after, rationale=None)
    return after
