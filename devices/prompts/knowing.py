"""What is known of a phone and of a prompt, as `rules` asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from devices import audiences
from devices.models import Device, PermissionEvent, Prompt, PromptSession, PromptState
from devices.prompts.rules import Facts, Rules
from devices.states import DeviceState, PermissionStatus, Platform, PromptStatus, SystemPermission

QUIET = (SystemPermission.PROVISIONAL, SystemPermission.EPHEMERAL)


def rules_of(prompt: Prompt) -> Rules:
    return Rules(
        pk=prompt.pk or 0,
        status=prompt.status,
        platforms=frozenset(prompt.platforms),
        priority=prompt.priority,
        live_at=prompt.live_at,
        stopped_at=prompt.stopped_at,
        starts_at=prompt.starts_at,
        ends_at=prompt.ends_at,
        min_app_version=prompt.min_app_version,
        max_app_version=prompt.max_app_version,
        include_provisional=prompt.include_provisional,
        include_opted_out=prompt.include_opted_out,
        fallback_to_settings=prompt.fallback_to_settings,
        audience=prompt.audience_id,
        holdout_pct=prompt.holdout_pct,
        frequency=prompt.frequency,
        max_displays=prompt.max_displays,
        gap=timedelta(seconds=prompt.gap_seconds),
        triggers=prompt.triggers,
    )


def live_prompts() -> list[Prompt]:
    """The one that wins comes first."""
    return list(Prompt.objects.filter(status=PromptStatus.LIVE).order_by("-priority", "pk"))


def is_quiet(platform: str, system: str) -> bool:
    return platform == Platform.IOS and system in QUIET


@dataclass(slots=True)
class Knowledge:
    """A phone, its session, and what it did with each prompt."""

    device: Device
    states: Mapping[int, PromptState]  # by prompt
    session_id: str = ""
    members: dict[str, bool] = field(default_factory=dict)  # of audiences, by pk
    asked_anew: bool = False

    def bare(self, status: str = "") -> Facts:
        """Without what it did, and whoever's it is."""
        device = self.device
        return Facts(
            device_id=device.device_id,
            platform=device.platform,
            status=status or device.perm_status,
            active=device.state == DeviceState.ACTIVE,
            app_version=device.app_version,
            quiet=is_quiet(device.platform, device.perm_system),
            opted_out=device.opted_out,
        )

    def facts(self, rules: Rules, at: datetime, status: str = "") -> Facts:
        """`members` must know the prompt's audience. The display nearest to `at` counts: told
        late, it may lie before the last one."""
        state = self.states.get(rules.pk)
        shown = [one for one in self.states.values() if one.last_display_at is not None]
        nearest = min(
            (one.last_display_at for one in shown if one.last_display_at),
            key=lambda moment: abs(at - moment),
            default=None,
        )
        bare = self.bare(status)
        return Facts(
            device_id=bare.device_id,
            platform=bare.platform,
            status=bare.status,
            active=bare.active,
            app_version=bare.app_version,
            quiet=bare.quiet,
            opted_out=bare.opted_out,
            in_audience=rules.audience is None or self.members.get(str(rules.audience), False),
            displays=state.displays if state else 0,
            last_display_at=state.last_display_at if state else None,
            prompted_at=nearest,
            prompted_this_session=bool(self.session_id)
            and any(one.last_session == self.session_id for one in shown),
        )

    def ask_audiences(self, prompts: Sequence[Rules], now: datetime) -> None:
        """Those that this session did not ask yet, in one query."""
        wanted = {rules.audience for rules in prompts if rules.audience is not None}
        missing = {pk for pk in wanted if str(pk) not in self.members}
        if not missing:
            return
        self.asked_anew = True
        owner = self.device.owner_id
        found = audiences.memberships(missing, owner, now) if owner is not None else {}
        self.members |= {str(pk): found.get(pk, False) for pk in missing}


def know(device: Device, session_id: str = "") -> Knowledge:
    """What was said of audiences at the start of the session holds during it, unless the phone
    changed hands."""
    states = {state.prompt_id: state for state in PromptState.objects.filter(device=device)}
    session = PromptSession.objects.filter(device=device).first()
    if session is None or session_id not in ("", session.session_id):
        return Knowledge(device, states, session_id)
    members = dict(session.members) if session.owner_pk == device.owner_id else {}
    return Knowledge(device, states, session.session_id, members)


def status_at(device: Device, at: datetime) -> str:
    """What the permission was when something happened that was told late."""
    changed = device.perm_changed_at
    if changed is None or at >= changed:
        return str(device.perm_status)
    later = PermissionEvent.objects.filter(device=device, applied=True, at__gt=at).order_by("pk")
    before = next((one.before for one in later if one.before != one.after), "")
    return before or str(PermissionStatus.SHOULD_REQUEST)
