"""Pictures of notifications: looked into, made harmless and small, kept under a random name.

What a file says it is does not count: Pillow must decode it. The stored file is always a new
encoding, so metadata (places, cameras) and anything hidden behind the picture stay outside.
"""

import re
import secrets
import struct
import warnings
from dataclasses import asdict, dataclass
from io import BytesIO
from math import ceil
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FOLDER = "images"
UPLOAD_MAX_BYTES = 5_000_000
PIXELS_MAX = 25_000_000
WIDTH_MAX, HEIGHT_MAX = 1440, 720  # what Firebase's console recommends
WIDTH_SMALL, HEIGHT_SMALL = 600, 300
TARGET_BYTES = 300_000  # above it iOS and slow networks often give up
READABLE = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "GIF": "GIF"}  # MPO: phones' JPEGs
QUALITIES = (88, 82, 75, 68, 60)
NAME = re.compile(rf"^{FOLDER}/[\w-]{{20,}}\.(jpg|png)$", re.ASCII)
# The beginning of a file that is none of the kinds we take, and what to say about it.
OTHERS = (
    (re.compile(rb"^RIFF....WEBP", re.S), "WebP: older iPhones do not show it"),
    (re.compile(rb"^....ftyp(heic|heix|mif1|msf1|hevc)", re.S), "HEIC: Android does not show it"),
    (re.compile(rb"^....ftypavif", re.S), "AVIF: most phones do not show it"),
    (re.compile(rb"^\s*(<\?xml|<!--|<!doctype svg|<svg).{0,4000}?<svg|^\s*<svg", re.S | re.I),
     "SVG: phones do not show drawings, and they can carry programs"),
    (re.compile(rb"^%PDF-"), "a PDF"),
    (re.compile(rb"^BM"), "a Windows bitmap"),
    (re.compile(rb"^(II\*\0|MM\0\*)"), "TIFF: phones do not show it"),
)  # fmt: skip
# What Pillow raises for pixels or metadata (struct, lookups, types) that contradict themselves.
BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, ArithmeticError,
    struct.error, Image.DecompressionBombError,
)  # fmt: skip
# No camera writes these into a picture; each is seven bytes or more, so chance does not either.
HIDDEN = (
    (re.compile(rb"<script[\s>]|<!doctype html|<html[\s>]", re.I), "a web page"),
    (re.compile(rb"<svg[\s>]", re.I), "an SVG drawing"),
    (re.compile(rb"<\?php\s", re.I), "a PHP program"),
    (re.compile(rb"%PDF-1\.\d"), "a PDF"),
    (re.compile(rb"PK\x05\x06.{18}", re.S), "a ZIP archive"),
)


@dataclass(frozen=True, slots=True)
class StoredImage:
    """`name` is relative to MEDIA_ROOT. `notes` are sentences on how phones will show it."""

    name: str
    original: str
    width: int
    height: int
    bytes: int
    type: str
    notes: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Everything but the name, as a notification's `image_facts` keeps it."""
        facts = asdict(self) | {"notes": list(self.notes)}
        del facts["name"]
        return facts


def store(upload: Any) -> StoredImage:
    """Keep an uploaded file as a picture that phones can load. Raises ValidationError with the
    reason in the words of the person who chose the file."""
    original = str(getattr(upload, "name", "") or "picture")[-80:]
    size = int(upload.size or 0)
    if size > UPLOAD_MAX_BYTES:
        raise ValidationError(
            f"The file has {_mb(size)}; {_mb(UPLOAD_MAX_BYTES)} is the most. Make it smaller."
        )
    upload.seek(0)
    content: bytes = upload.read()
    picture, kind, notes = _decode(content)
    encoded, suffix, more = _encode(picture, prefer_png=kind != "JPEG")
    name = f"{FOLDER}/{secrets.token_urlsafe(18)}.{suffix}"
    default_storage.save(name, ContentFile(encoded))
    return StoredImage(
        name=name,
        original=original,
        width=picture.width,
        height=picture.height,
        bytes=len(encoded),
        type="PNG" if suffix == "png" else "JPEG",
        notes=(*notes, *more, *_looks(picture.width, picture.height, len(encoded))),
    )


def url(name_or_url: str) -> str:
    """The absolute address that phones load; "" without a picture."""
    if not name_or_url or name_or_url.startswith(("https://", "http://")):
        return name_or_url
    return f"{settings.MEDIA_URL}{name_or_url}"


def is_ours(name: str) -> bool:
    """Whether this is the name of a picture that `store` could have made."""
    return bool(NAME.match(name))


def open_stored(name: str) -> "File[bytes]":
    """Raises FileNotFoundError for anything that `store` did not keep."""
    if not is_ours(name):
        raise FileNotFoundError(name)
    return default_storage.open(name, "rb")


def kept(name: str) -> StoredImage:
    """A picture that `store` kept, by its name. Raises FileNotFoundError for any other."""
    with open_stored(name) as file, Image.open(file, formats=["JPEG", "PNG"]) as picture:
        (width, height), size = picture.size, file.size
        kind = picture.format or ""
    return StoredImage(name, "", width, height, size, kind, tuple(_looks(width, height, size)))


# ---------------------------------------------------------------- looking into the file


def _decode(content: bytes) -> tuple[Image.Image, str, list[str]]:
    """(pixels without metadata within our size, kind, notes)."""
    if not content:
        raise ValidationError("The file is empty. Choose a JPEG or PNG picture.")
    for start, what in OTHERS:
        if start.match(content[:6000]):
            raise ValidationError(f"The file is {what}. Save it as JPEG or PNG.")
    try:
        # The formats are named, so none of Pillow's rarer readers ever sees an upload.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(BytesIO(content), formats=["JPEG", "PNG", "GIF"])
    except Image.DecompressionBombError as error:
        raise ValidationError(
            f"The picture unpacks to far more than {_mpx(PIXELS_MAX)}."
        ) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise ValidationError("The file is not a JPEG or PNG picture.") from error
    pixels = opened.width * opened.height
    if pixels > PIXELS_MAX:
        raise ValidationError(
            f"The picture has {opened.width:,} × {opened.height:,} pixels, {_mpx(pixels)}; "
            f"{_mpx(PIXELS_MAX)} is the most. Make it smaller."
        )
    for hidden, what in HIDDEN:
        if hidden.search(content):
            raise ValidationError(
                f"The file is a picture and also carries {what}. Export the picture again."
            )
    kind = READABLE[opened.format or ""]
    notes = []
    try:
        if getattr(opened, "n_frames", 1) > 1 and kind != "JPEG":
            notes.append("It moves; phones get its first picture only.")
        return _flat(opened), kind, notes
    except BROKEN as error:
        raise ValidationError("The picture is damaged or cut short. Export it again.") from error


def _flat(opened: Image.Image) -> Image.Image:
    """RGB or RGBA as cameras meant it (turned, in sRGB), at most WIDTH_MAX × HEIGHT_MAX."""
    # A JPEG can be decoded at a half, a quarter, an eighth: never below what we keep. It may
    # stand upright only after turning, hence the larger side both ways.
    opened.draft("RGB", (WIDTH_MAX, WIDTH_MAX))
    opened.load()
    profile = opened.info.get("icc_profile")
    picture = ImageOps.exif_transpose(_nearer(opened))
    see_through = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if picture.mode.startswith(("I", "F")):  # 16 and 32 bits a pixel: grey
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        picture = _to_srgb(picture, profile)
    picture = picture.convert("RGBA" if see_through else "RGB")
    picture.thumbnail((WIDTH_MAX, HEIGHT_MAX), Image.Resampling.LANCZOS)
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    return clean


def _nearer(opened: Image.Image) -> Image.Image:
    """A smaller whole fraction of it where that is still enough, so that nothing after this step
    copies tens of megabytes."""
    factor = max(opened.size) // WIDTH_MAX
    if factor < 2 or opened.mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return opened
    reduced = opened.reduce(factor)
    reduced.info = dict(opened.info)
    return reduced


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Its colours in sRGB; unchanged where the profile makes no sense."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        converted = ImageCms.profileToProfile(
            picture,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode=mode,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return converted or picture


# ---------------------------------------------------------------- writing it anew


def _encode(picture: Image.Image, *, prefer_png: bool) -> tuple[bytes, str, list[str]]:
    """(file, suffix, notes): drawings stay PNG while that is small, everything else is JPEG."""
    see_through = picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)
    if prefer_png or see_through:
        png = _png(picture if see_through else picture.convert("RGB"))
        if len(png) <= TARGET_BYTES:
            return png, "png", []
    if see_through:
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        return _jpeg(ground), "jpg", ["Its see-through parts became white, to keep it small."]
    return _jpeg(picture.convert("RGB")), "jpg", []


def _png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _jpeg(picture: Image.Image) -> bytes:
    """The best quality that stays below the target; the last one where none does."""
    for quality in QUALITIES:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= TARGET_BYTES:
            break
    return out.getvalue()


def _looks(width: int, height: int, size: int) -> list[str]:
    """How phones will show it, where that differs from what one might expect."""
    notes = []
    if width < WIDTH_SMALL or height < HEIGHT_SMALL:
        notes.append(f"Small: below {WIDTH_SMALL} × {HEIGHT_SMALL} pixels phones show it blurred.")
    ratio = width / height
    if ratio < 1.7:
        notes.append("Phones show it twice as wide as high: top and bottom are cut off.")
    elif ratio > 2.35:
        notes.append("Phones show it twice as wide as high: left and right are cut off.")
    if size > TARGET_BYTES:
        notes.append(f"{size // 1000} kB: slow networks may give up on more than 300 kB.")
    return notes


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB".replace(".0 ", " ")


def _mpx(pixels: int) -> str:
    return f"{ceil(pixels / 100_000) / 10:,g} megapixels"
