"""A picture by its address: fetched once, past the same guard as webhooks, and kept as our own.

So phones get it small and from us, and it can't become another one after the review.
"""

from urllib.parse import urljoin, urlsplit

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from notifications import images
from notifications.sending import channel
from notifications.webhooks import addresses, posting

DEADLINE_S = 8.0
HOPS_MAX = 3
REDIRECTS = (301, 302, 303, 307, 308)
HEADERS = {"Accept": "image/jpeg, image/png, image/*;q=0.5", "User-Agent": "Beckon"}


def picture(url: str) -> images.StoredImage:
    """Raises ValidationError with the reason in the words of the person who gave the address."""
    content = _fetched(url.strip())
    name = urlsplit(url).path.rpartition("/")[2] or "picture"
    return images.store(ContentFile(content, name=name))


def _fetched(url: str) -> bytes:
    for _ in range(HOPS_MAX + 1):
        answer = _asked(url)
        if answer.status not in REDIRECTS or not answer.location:
            break
        url = urljoin(url, answer.location)
    if answer.status != 200:
        raise ValidationError(f"No picture came from there: it answered {answer.status}.")
    return answer.content


def _asked(url: str) -> posting.Answer:
    parts = addresses.parts_of(url)
    if parts.scheme == "http" and not channel.in_sandbox():
        raise ValidationError(
            "Use https://. A picture that travels open can be changed on its way."
        )
    if parts.username or parts.password:
        raise ValidationError("Leave name and password out of the address.")
    most = images.UPLOAD_MAX_BYTES + 1  # so that `store` sees that it is too large
    try:
        return posting.exchange("GET", url, None, HEADERS, DEADLINE_S, most)
    except addresses.Refused as refused:
        raise ValidationError(str(refused)) from None
    except Exception as problem:
        raise ValidationError(posting.broken(problem, DEADLINE_S)) from problem
