"""Which devices; never what to do with them."""

from typing import Any, Self

from django.db import models

from devices.states import DeviceState, Platform


class DeviceQuerySet(models.QuerySet[Any]):
    def active(self) -> Self:
        return self.filter(state=DeviceState.ACTIVE)

    def on(self, target_os: str) -> Self:
        """Only phones of that system; `all` leaves the set alone."""
        return self if target_os == "all" else self.filter(platform=Platform(target_os))

    def of_users(self, user_pks: list[int]) -> Self:
        return self.filter(owner_id__in=user_pks)
