"""The first account. A generated password is kept, readable by us alone, until it is changed."""

import logging
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

PASSWORD_BYTES = 12  # 16 letters and digits, 96 bits

log = logging.getLogger(__name__)


def ensure() -> bool:
    """Make the admin on the very first start: whether it was this one. Later starts change no
    account."""
    User = get_user_model()
    if User.objects.exists():
        forget_if_changed()
        return False
    password = settings.ADMIN_PASSWORD or keep(secrets.token_urlsafe(PASSWORD_BYTES))
    try:
        with transaction.atomic():
            admin = User.objects.create_superuser(settings.ADMIN_USERNAME, password=password)
            admin.groups.add(Group.objects.get(name="admin"))
    except IntegrityError:  # another web process started at the same moment, and was first
        forget_if_changed()
        return False
    if settings.ADMIN_PASSWORD:
        warn_if_weak(password)
    return True


def sign_in_hint() -> str:
    """`sign in as admin, password …`; the password only while the generated one is valid."""
    if not get_user_model().objects.filter(username=settings.ADMIN_USERNAME).exists():
        return ""
    password = kept_password()
    return f"sign in as {settings.ADMIN_USERNAME}" + (f", password {password}" if password else "")


def forget() -> None:
    """Remove the kept password: the page that changes passwords calls this."""
    path().unlink(missing_ok=True)


def forget_if_changed() -> None:
    password = kept_password()
    admin = get_user_model().objects.filter(username=settings.ADMIN_USERNAME).first()
    if password and (admin is None or not admin.check_password(password)):
        forget()


# ---------------------------------------------------------------- the file
def path() -> Path:
    return Path(settings.DATA_DIR) / "admin-password"


def keep(password: str) -> str:
    """Written before the account is made: a crash between the two locks nobody out."""
    forget()
    descriptor = os.open(path(), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{password}\n")
    return password


def kept_password() -> str:
    try:
        return path().read_text().strip()
    except FileNotFoundError:
        return ""


def warn_if_weak(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as error:
        log.warning("ADMIN_PASSWORD is weak: %s Change it.", " ".join(error.messages))
