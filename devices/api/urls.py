"""The doors of devices, below /api/v1/. Included last: what is nowhere else ends here."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from devices.api.problems import nowhere
from devices.api.schema import OpenAPI
from devices.api.views.permission import AskDoor, OptInDoor, OptOutDoor, PermissionDoor
from devices.api.views.prompts import (
    EvaluateDoor,
    PromptEventsDoor,
    PromptsEventsDoor,
    SessionsDoor,
)
from devices.api.views.registration import DeviceDoor, UnregisterDoor
from devices.api.views.users import UserDoor, UsersBulkDoor

urlpatterns = [
    path("openapi.json", OpenAPI.as_view(), name="openapi"),
    path("devices/unregister", UnregisterDoor.as_view()),
    path("devices/<str:device_id>", DeviceDoor.as_view()),
    path("devices/<str:device_id>/permission", PermissionDoor.as_view()),
    path("devices/<str:device_id>/permission/ask", AskDoor.as_view()),
    path("devices/<str:device_id>/opt-out", OptOutDoor.as_view()),
    path("devices/<str:device_id>/opt-in", OptInDoor.as_view()),
    path("devices/<str:device_id>/sessions", SessionsDoor.as_view()),
    path("prompts/evaluate", EvaluateDoor.as_view()),
    path("prompts/events", PromptsEventsDoor.as_view()),
    path("prompts/<int:pk>/events", PromptEventsDoor.as_view()),
    path("users/bulk", UsersBulkDoor.as_view()),
    path("users/<str:user_id>", UserDoor.as_view()),
    re_path(r"", csrf_exempt(login_not_required(nowhere))),
]
