"""The people that a text names one by one."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from devices.models import ID_MAX, AppUser

RECIPIENTS_MAX = 50_000
SLICE = 5_000  # ids named in one query


def parse_references(text: str) -> list[str]:
    """Ids or `users/<id>`, parted by commas, spaces or lines; order kept, doubles removed."""
    words = (word.strip().strip("/") for word in re.split(r"[\s,;\0]+", text))
    return list(dict.fromkeys(word.removeprefix("users/") for word in words if word))


def find_users(user_ids: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """(known ids in the order given, {unknown id: a near one or ""}). Ids are case-sensitive."""
    wanted = [user_id for user_id in user_ids if user_id]
    known = pks_of(wanted)
    unknown = [user_id for user_id in wanted if user_id not in known]
    near = {user_id: _near(user_id) for user_id in unknown[:20]}
    return list(known), {user_id: near.get(user_id, "") for user_id in unknown}


def pks_of(user_ids: Sequence[str]) -> dict[str, int]:
    """{id: pk} of those that are known, in the order given."""
    found: dict[str, int] = {}
    for start in range(0, len(user_ids), SLICE):
        part = [one for one in user_ids[start : start + SLICE] if len(one) <= ID_MAX]
        found.update(AppUser.objects.filter(user_id__in=part).values_list("user_id", "pk"))
    return {user_id: found[user_id] for user_id in user_ids if user_id in found}


def _near(user_id: str) -> str:
    candidates = AppUser.objects.filter(user_id__istartswith=user_id[:3])
    ids = list(candidates.values_list("user_id", flat=True)[:200])
    if exact := [one for one in ids if one.lower() == user_id.lower()]:
        return exact[0]
    return next(iter(get_close_matches(user_id, ids, n=1, cutoff=0.75)), "")
