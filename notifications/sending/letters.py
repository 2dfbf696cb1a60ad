"""Each phone's own title and text, where a notification has variables or languages.

Only such notifications have `Letters`; all others never come here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from devices.models import Device
from notifications.content import BYTES_MAX
from notifications.fcm.message import Content, Platform, Template, bytes_beside_text
from notifications.personal import Texts, choose
from notifications.sending.window import Candidate

SYSTEMS: tuple[Platform, ...] = ("ios", "android")
BYTES_A_CHARACTER = 4  # of UTF-8, at most
Reader = tuple[int, Mapping[str, Any], str]  # owner's pk (0: nobody), attributes, locale


class Written(NamedTuple):
    candidates: Sequence[Candidate]  # with a reason where no letter could be written
    bodies: Mapping[int, bytes]  # by the device's pk


class Letters:
    def __init__(
        self, personal: Mapping[str, Any], content: Content, templates: Mapping[str, Template]
    ) -> None:
        self._texts = Texts.of_json(personal)
        self._templates = templates
        self._room: dict[str, int] = {
            system: BYTES_MAX - bytes_beside_text(content, system) for system in SYSTEMS
        }
        self._chosen: dict[str, str] = {}

    def write(self, candidates: Sequence[Candidate]) -> Written:
        """One query for all of them, whatever they have to be told."""
        readers = _readers([one.facts.pk for one in candidates if not one.reason])
        bodies: dict[int, bytes] = {}
        told = list(candidates)
        for place, one in enumerate(candidates):
            if one.reason:
                continue
            reader = readers.get(one.facts.pk)
            if reader is None or reader[0] != one.user_id:
                told[place] = one._replace(reason="owner_changed" if reader else "unregistered")
                continue
            title, text = self._texts.copies[self._language(reader[2])].write(reader[1])
            if self._is_too_big(title, text, one.facts.platform):
                told[place] = one._replace(reason="too_big")
                continue
            template = self._templates[one.facts.platform]
            bodies[one.facts.pk] = template.body(one.facts.token or "", title, text)
        return Written(told, bodies)

    def _is_too_big(self, title: str, text: str, platform: str) -> bool:
        """Counts bytes only where characters alone don't settle it."""
        room = self._room[platform]
        if BYTES_A_CHARACTER * (len(title) + len(text)) <= room:
            return False
        return len(title.encode()) + len(text.encode()) > room

    def _language(self, locale: str) -> str:
        if locale not in self._chosen:
            self._chosen[locale] = choose(locale, self._texts.copies)
        return self._chosen[locale]


def _readers(pks: list[int]) -> dict[int, Reader]:
    """Whoever owns each phone now. A person without a locale reads in her phone's. Read without
    Django's converters, which cost as much as the query."""
    if not pks:
        return {}
    asked = Device.objects.filter(pk__in=pks).values_list(
        "pk", "owner_id", "owner__attributes", "owner__locale", "locale"
    )
    with connection.cursor() as cursor:
        cursor.execute(*asked.query.sql_with_params())
        return {
            pk: (owner or 0, json.loads(attributes) if attributes else {}, theirs or own)
            for pk, owner, attributes, theirs, own in cursor.fetchall()
        }
