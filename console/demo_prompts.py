"""A soft prompt that ran for four weeks on pretend phones: what each told fits what it is now."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.db import transaction

from devices.models import Device, PermissionEvent, Prompt, PromptEvent, PromptState, PromptVersion
from devices.prompts import converting, events, keeping, rollups, rules
from devices.prompts.knowing import rules_of
from devices.states import PermissionStatus, PromptStatus
from devices.states import PromptEventType as E

NAME = keeping.TEMPLATE["name"]
LIVE_FOR = timedelta(days=28)
VERSION_2_AFTER = timedelta(days=16)
HOLDOUT_PCT = 10
CHUNK = 2_000
GRANTED, EXPLAIN = PermissionStatus.GRANTED.value, PermissionStatus.SHOULD_EXPLAIN.value


def make(now: datetime) -> int:
    """How many phones it found; nothing where it is there already."""
    if Prompt.objects.filter(name=NAME).exists():
        return 0
    prompt = launch(now - LIVE_FOR)
    found = 0
    for chunk in chunks(told(prompt, phones(), now)):
        keep(chunk)
        found += len(chunk)
    rollups.rebuild(prompt, now)
    return found


def phones() -> Iterator[Device]:
    """In turns, with nothing left open between them: on SQLite a reader whom another process
    overtook may not write."""
    rows, last = Device.objects.filter(device_id__startswith="demo-phone-").active(), 0
    while turn := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield from turn
        last = turn[-1].pk


def launch(at: datetime) -> Prompt:
    prompt = keeping.create(keeping.TEMPLATE | {"holdout_pct": HOLDOUT_PCT, "pause_share": 80})
    prompt.status, prompt.live_at, prompt.created_at = PromptStatus.LIVE, at, at
    prompt.save()
    PromptVersion.objects.filter(prompt=prompt).update(at=at)
    changed = keeping.change(prompt, {"title": "Never miss what matters", "layout": "card"})
    PromptVersion.objects.filter(prompt=changed, number=2).update(at=at + VERSION_2_AFTER)
    return changed


@dataclass(slots=True)
class Story:
    """What one phone did, written as the events write it."""

    prompt: Prompt
    device: Device
    began: datetime
    state: PromptState
    at: datetime
    events: list[PromptEvent] = field(default_factory=list)
    permission: list[PermissionEvent] = field(default_factory=list)

    def tell(self, kind: E, after: timedelta, result: str = "", detail: str = "") -> None:
        self.at += after
        version = 1 if self.at < self.began + VERSION_2_AFTER else 2
        event = PromptEvent(
            prompt=self.prompt, device=self.device, type=kind, version=version, result=result,
            event_id=f"demo-{self.device.pk}-{len(self.events)}", detail=detail, at=self.at,
            platform=self.device.platform, received_at=self.at,
        )  # fmt: skip
        events.note(self.state, event)
        self.events.append(event)

    def show(self, after: timedelta = timedelta(0)) -> None:
        self.tell(E.IMPRESSION, after)

    def tap(self) -> None:
        self.tell(E.CLICK, timedelta(seconds=6), detail="accept")

    def ask(self, result: str) -> None:
        self.tell(E.SYSTEM_SHOWN, timedelta(seconds=1))
        self.tell(E.SYSTEM_RESULT, timedelta(seconds=4), result)

    def allow(self, kind: str, source: str) -> None:
        """The phone came to allow notifications just now."""
        self.permission.append(
            PermissionEvent(
                device=self.device,
                kind=kind,
                before=EXPLAIN,
                after=GRANTED,
                source=source,
                prompt_id=str(self.prompt.pk) if self.events else "",
                at=self.at,
                facts={"system": "authorized"},
            )
        )
        self.state.allowed_at = self.at
        shown = [one for one in self.events if one.type == E.IMPRESSION]
        if source == "settings" and converting.since(self.state.settings_opened_at, self.at):
            self.state.recovered_at = self.at
        if shown and converting.since(shown[-1].at, self.at):
            converting.mark(self.state, shown[-1], self.at)


def told(prompt: Prompt, phones: Iterator[Device], now: datetime) -> Iterator[Story]:
    asked = rules_of(prompt)
    began = now - LIVE_FOR
    for device in phones:
        dice = crc32(f"prompt-{device.device_id}".encode())
        story = story_of(prompt, device, began, dice, rules.held_out(asked, device.device_id))
        if story is not None:
            yield story


def story_of(
    prompt: Prompt, device: Device, began: datetime, dice: int, held_out: bool
) -> Story | None:
    """Phones that allow today were asked by the prompt, most of them; of those held out a few
    found the settings by themselves."""
    asks = device.platform == "ios" or (device.api_level or 0) >= 33
    days = timedelta(days=dice % 12, minutes=dice % 1_380)
    allows = device.perm_status == GRANTED
    if not asks or device.opted_out or (allows and dice % (40 if held_out else 5) >= 2):
        return None
    at = began + days
    state = PromptState(
        device=device, prompt=prompt, platform=device.platform, held_out=held_out, eligible_at=at
    )
    story = Story(prompt, device, began, state, at)
    if held_out:
        if allows:
            story.at += timedelta(days=dice % 9)
            story.allow("report", "settings")
        return story
    tell(story, dice, allows)
    return story


def tell(story: Story, dice: int, allows: bool) -> None:
    story.show()
    denied = story.device.perm_status == PermissionStatus.DENIED
    if allows and dice % 7 == 0:  # said no at first, and was led to the settings two weeks later
        story.tap()
        story.ask("denied")
        story.show(timedelta(days=14, hours=1))
        story.tap()
        story.tell(E.SETTINGS_OPENED, timedelta(seconds=1))
        story.tell(E.SETTINGS_RETURNED, timedelta(seconds=40), "authorized")
        story.allow("report", "settings")
    elif allows or denied:
        if dice % 3 == 0:
            story.tell(E.DISMISS, timedelta(seconds=3), detail="button")
            story.show(timedelta(days=14, hours=dice % 20))
        story.tap()
        story.ask("granted" if allows else "denied")
        if allows:
            story.allow("granted", "prompt")
    elif dice % 4 == 0 and story.device.platform == "android":
        story.tap()
        story.ask("dismissed")
    else:
        story.tell(E.DISMISS, timedelta(seconds=4), detail=("button", "swipe", "timeout")[dice % 3])
        if dice % 2:
            story.show(timedelta(days=14, hours=2))
            story.tell(E.DISMISS, timedelta(seconds=2), detail="button")


def chunks(stories: Iterator[Story]) -> Iterator[list[Story]]:
    chunk: list[Story] = []
    for story in stories:
        chunk.append(story)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


@transaction.atomic
def keep(stories: list[Story]) -> None:
    PromptState.objects.bulk_create(story.state for story in stories)
    for model, name in ((PromptEvent, "events"), (PermissionEvent, "permission")):
        rows: list[Any] = [row for story in stories for row in getattr(story, name)]
        model._default_manager.bulk_create(rows, batch_size=CHUNK)
