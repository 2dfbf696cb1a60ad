"""Pictures: what is taken, what is refused and in which words, and what is left of a file."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms

from notifications import images

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (800, 400), mode: str = "RGB", **extra: Any
) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 40).convert(mode).save(out, kind, **extra)
    return out.getvalue()


def upload(content: bytes, name: str = "snow.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def stored(content: bytes, name: str = "snow.jpg") -> tuple[images.StoredImage, Image.Image, bytes]:
    image = images.store(upload(content, name))
    kept = images.open_stored(image.name).read()
    return image, Image.open(BytesIO(kept)), kept


def refusal(content: bytes, name: str = "snow.jpg") -> str:
    with pytest.raises(ValidationError) as refused:
        images.store(upload(content, name))
    return refused.value.messages[0]


def chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content)) + kind + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )  # fmt: skip


def png_that_claims(width: int, height: int) -> bytes:
    """A few kilobytes that unpack to width × height pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(b"\0" * 2_000_000, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def test_a_photo_is_kept_small_and_within_the_frame() -> None:
    image, opened, kept = stored(picture(size=(3000, 1500), quality=95))

    assert (image.width, image.height) == opened.size == (1440, 720)
    assert image.bytes == len(kept) < images.TARGET_BYTES
    assert image.type == opened.format == "JPEG"
    assert image.notes == ()


def test_a_small_picture_is_not_blown_up() -> None:
    image, opened, _ = stored(picture(size=(640, 320)))

    assert opened.size == (640, 320)
    assert image.original == "snow.jpg"


def test_the_name_is_random_and_gives_nothing_away() -> None:
    one, other = (images.store(upload(picture(), "../../etc/secret.php")) for _ in range(2))

    assert one.name != other.name
    assert images.is_ours(one.name)
    assert "secret" not in one.name
    assert one.name.endswith(".jpg")


def test_the_type_is_what_the_content_is_whatever_the_name_says() -> None:
    image, opened, _ = stored(picture("PNG", mode="RGB", size=(60, 60)), "photo.jpg")

    assert image.type == opened.format == "PNG"
    assert image.name.endswith(".png")


def test_metadata_stays_outside() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera Co"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image, opened, kept = stored(picture(exif=exif, icc_profile=srgb, comment=b"hello from home"))

    assert not dict(opened.getexif())
    assert "icc_profile" not in opened.info
    assert "comment" not in opened.info
    assert b"Secret Camera" not in kept
    assert image.bytes == len(kept)


def test_text_in_a_png_stays_outside() -> None:
    from PIL.PngImagePlugin import PngInfo

    note = PngInfo()
    note.add_text("Author", "someone@example.org")
    _, opened, kept = stored(picture("PNG", size=(60, 60), pnginfo=note))

    assert b"someone@example.org" not in kept
    assert "Author" not in opened.info


def test_a_photo_taken_upright_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right by 90 degrees
    image, _, _ = stored(picture(size=(400, 200), exif=exif))

    assert (image.width, image.height) == (200, 400)
    assert any("top and bottom are cut" in note for note in image.notes)

    large, _, _ = stored(picture(size=(4000, 2000), exif=exif))

    assert (large.width, large.height) == (360, 720)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "L"), ("PNG", "P"), ("PNG", "1"), ("PNG", "LA"),
     ("PNG", "I;16"), ("GIF", "P")],
)  # fmt: skip
def test_every_colour_mode_is_taken(kind: str, mode: str) -> None:
    out = BytesIO()
    Image.new(mode, (640, 320)).save(out, kind)

    image, opened, _ = stored(out.getvalue())

    assert opened.size == (640, 320)
    assert image.type in ("JPEG", "PNG")


def test_a_see_through_drawing_stays_see_through() -> None:
    out = BytesIO()
    Image.new("RGBA", (640, 320), (200, 30, 30, 90)).save(out, "PNG")

    image, opened, _ = stored(out.getvalue())

    assert image.type == "PNG"
    assert opened.mode == "RGBA"


def test_a_heavy_see_through_picture_becomes_a_jpeg_on_white() -> None:
    noise = Image.effect_noise((1440, 720), 90)
    out = BytesIO()
    Image.merge("RGBA", (noise, noise, noise, noise)).save(out, "PNG")

    image, _, _ = stored(out.getvalue())

    assert image.type == "JPEG"
    assert any("white" in note for note in image.notes)


def test_of_a_moving_gif_the_first_picture_is_kept() -> None:
    frames = [Image.new("RGB", (640, 320), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])

    image, opened, _ = stored(out.getvalue(), "dance.gif")

    assert getattr(opened, "n_frames", 1) == 1
    red, _, blue = opened.convert("RGB").getpixel((5, 5))
    assert (red > 250, blue) == (True, 0)
    assert image.notes[0] == "It moves; phones get its first picture only."


def test_a_picture_of_the_wrong_shape_says_what_phones_cut() -> None:
    square = images.store(upload(picture(size=(800, 800))))
    strip = images.store(upload(picture(size=(1400, 310))))
    tiny = images.store(upload(picture(size=(200, 100))))

    assert "top and bottom are cut off" in square.notes[0]
    assert "left and right are cut off" in strip.notes[0]
    assert "blurred" in tiny.notes[0]


# ---------------------------------------------------------------- refused


def test_a_decompression_bomb_is_refused_before_it_unpacks() -> None:
    bomb = png_that_claims(50_000, 50_000)

    assert len(bomb) < 10_000
    assert "megapixels" in refusal(bomb)


def test_a_picture_just_over_the_pixel_limit_is_refused_with_both_numbers() -> None:
    assert refusal(png_that_claims(5_001, 5_000)) == (
        "The picture has 5,001 × 5,000 pixels, 25.1 megapixels; "
        "25 megapixels is the most. Make it smaller."
    )


def test_a_file_above_five_megabytes_is_refused() -> None:
    assert "5 MB is the most" in refusal(b"\xff\xd8\xff" + b"\0" * 5_100_000)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (SVG, "SVG"),
        (b"\xef\xbb\xbf<svg></svg>", "not a JPEG or PNG"),
        (b"  <svg></svg>", "SVG"),
        (b"<html><script>alert(1)</script></html>", "not a JPEG or PNG"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"II*\0" + b"\0" * 60, "TIFF"),
        (b"not a picture at all", "not a JPEG or PNG"),
        (b"\xff\xd8\xff\xe0broken", "JPEG or PNG"),
    ],
)
def test_what_is_no_picture_for_phones_is_refused_by_name(content: bytes, says: str) -> None:
    assert says in refusal(content)


def test_a_real_webp_is_refused() -> None:
    assert "WebP" in refusal(picture("WEBP"), "snow.jpg")


def test_a_truncated_picture_is_refused() -> None:
    whole = picture(size=(800, 400))

    assert "damaged or cut short" in refusal(whole[: len(whole) // 2])
    assert "damaged or cut short" in refusal(picture("PNG", size=(800, 400))[:-4000])


@pytest.mark.parametrize(
    ("tail", "what"),
    [
        (b"<script>alert(document.domain)</script>", "a web page"),
        (b"<?php system($_GET['c']); ?>", "a PHP program"),
        (b"<svg onload=alert(1)>", "an SVG drawing"),
        (b"PK\x03\x04 archive PK\x05\x06" + b"\0" * 18, "a ZIP archive"),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_a_polyglot_is_refused_and_named(kind: str, tail: bytes, what: str) -> None:
    assert f"also carries {what}" in refusal(picture(kind) + tail)


def test_a_program_in_a_comment_is_found_too() -> None:
    assert "a web page" in refusal(picture(comment=b"<script>alert(1)</script>"))


def test_harmless_leftovers_after_the_picture_are_dropped() -> None:
    _, _, kept = stored(picture() + b"MotionPhoto_Data" + b"\x17" * 500)

    assert b"MotionPhoto" not in kept


# ---------------------------------------------------------------- addresses


def test_phones_get_an_absolute_address(settings: Any) -> None:
    settings.MEDIA_URL = "https://push.example.org/media/"

    assert images.url("images/abc.jpg") == "https://push.example.org/media/images/abc.jpg"
    assert images.url("https://cdn.example.org/x.png") == "https://cdn.example.org/x.png"
    assert images.url("") == ""


@pytest.mark.parametrize(
    "name", ["../secret-key", "images/../../secret", "images/x.php", "/etc/passwd", "images/", ""]
)
def test_nothing_but_stored_pictures_can_be_opened(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        images.open_stored(name)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about what it skips
def test_broken_metadata_breaks_no_more_than_the_upload() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    exif.get_ifd(0x8769)[0x9003] = "2026:01:01 00:00:00"
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "JPEG", exif=exif)
    content = out.getvalue()
    start = content.index(b"Exif")

    for place in range(start, start + 120):
        for byte in (0, 1, 4, 255):
            broken = content[:place] + bytes([byte]) + content[place + 1 :]
            with suppress(ValidationError):
                images.store(SimpleUploadedFile("photo.jpg", broken))
