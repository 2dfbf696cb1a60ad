"""The people that a text names one by one."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from devices.models import ID_MAX, AppUser

RECIPIENTS_MAX = 50_000


def parse_references(text: str) -> list[str]:
    """Ids or `users/<id>`, parted by commas, spaces or lines; order kept, doubles removed."""
    words = (word.strip().strip("/") for word in re.split(r"[\s,;\0]+", text))
    return list(dict.fromkeys(word.removeprefix("users/") for word in words if word))


def find_users(user_ids: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """(known ids in the order given, {unknown id: a near one or ""}). Ids are case-sensitive."""
    wanted = [user_id for user_id in user_ids if user_id]
    known: set[str] = set()
    for start in range(0, len(wanted), 5_000):
        part = [one for one in wanted[start : start + 5_000] if len(one) <= ID_MAX]
        rows = AppUser.objects.filter(user_id__in=part)
        known.update(rows.values_list("user_id", flat=True))
    unknown = [user_id for user_id in wanted if user_id not in known]
    near = {user_id: _near(user_id) for user_id in unknown[:20]}
    return (
        [user_id for user_id in wanted if user_id in known],
        {user_id: near.get(user_id, "") for user_id in unknown},
    )


def _near(user_id: str) -> str:
    candidates = AppUser.objects.filter(user_id__istartswith=user_id[:3])
    ids = list(candidates.values_list("user_id", flat=True)[:200])
    if exact := [one for one in ids if one.lower() == user_id.lower()]:
        return exact[0]
    return next(iter(get_close_matches(user_id, ids, n=1, cutoff=0.75)), "")
