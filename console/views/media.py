"""Pictures for phones and previews: no sign-in, no way to be anything but a picture."""

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from notifications import images

TYPES = {"jpg": "image/jpeg", "png": "image/png"}
YEAR_S = 365 * 24 * 3600


@login_not_required
@require_safe
def media(request: HttpRequest, path: str) -> FileResponse:
    """Names are random and never used again, so a copy may be kept for ever."""
    try:
        stored = images.open_stored(path)
    except FileNotFoundError:
        raise Http404("There is no such picture.") from None
    suffix = path.rpartition(".")[2]
    response = FileResponse(stored, content_type=TYPES[suffix])
    response.headers["Content-Disposition"] = f'inline; filename="picture.{suffix}"'
    response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
