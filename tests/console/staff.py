"""Members of staff for the tests, each signed in in a client of her own."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

PASSWORD = "a long enough phrase"


def make_member(role: str, username: str = "") -> Any:
    user = get_user_model().objects.create_user(username or role, password=PASSWORD)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def client_of(role: str, username: str = "") -> Client:
    return signed_in(make_member(role, username))
