"""The doors of notifications, below /api/v1/."""

from django.urls import path

from notifications.api.audiences import AudienceDoor, AudienceMembersDoor, AudiencesDoor
from notifications.api.campaigns import doors as campaigns
from notifications.api.campaigns import verbs
from notifications.api.events import EventsDoor
from notifications.api.explaining import ExplainDoor
from notifications.api.images import ImagesDoor
from notifications.api.prompts import (
    PromptArchiveDoor,
    PromptDoor,
    PromptLiveDoor,
    PromptPauseDoor,
    PromptsDoor,
    PromptStatsDoor,
)
from notifications.api.reading import DeliveriesDoor
from notifications.api.trigger import TriggerDoor

urlpatterns = [
    path("notifications/trigger", TriggerDoor.as_view()),
    path("events", EventsDoor.as_view()),
    path("images", ImagesDoor.as_view()),
    path("notifications", campaigns.CampaignsDoor.as_view()),
    path("notifications/<uuid:uuid>", campaigns.CampaignDoor.as_view()),
    path("notifications/<uuid:uuid>/dry-run", campaigns.DryRunDoor.as_view()),
    path("notifications/<uuid:uuid>/send", campaigns.SendDoor.as_view()),
    path("notifications/<uuid:uuid>/undo", verbs.UndoDoor.as_view()),
    path("notifications/<uuid:uuid>/cancel", verbs.CancelDoor.as_view()),
    path("notifications/<uuid:uuid>/pause", verbs.PauseDoor.as_view()),
    path("notifications/<uuid:uuid>/resume", verbs.ResumeDoor.as_view()),
    path("notifications/<uuid:uuid>/stop", verbs.StopDoor.as_view()),
    path("notifications/<uuid:uuid>/end-series", verbs.EndSeriesDoor.as_view()),
    path("notifications/<uuid:uuid>/correct", campaigns.CorrectDoor.as_view()),
    path("notifications/<uuid:uuid>/deliveries", DeliveriesDoor.as_view()),
    path("audiences", AudiencesDoor.as_view()),
    path("audiences/<int:pk>", AudienceDoor.as_view()),
    path("audiences/<int:pk>/members", AudienceMembersDoor.as_view()),
    path("prompts", PromptsDoor.as_view()),
    path("prompts/<int:pk>", PromptDoor.as_view()),
    path("prompts/<int:pk>/live", PromptLiveDoor.as_view()),
    path("prompts/<int:pk>/pause", PromptPauseDoor.as_view()),
    path("prompts/<int:pk>/archive", PromptArchiveDoor.as_view()),
    path("prompts/<int:pk>/stats", PromptStatsDoor.as_view()),
    path("users/<str:user_id>/notifications/<uuid:uuid>/explain", ExplainDoor.as_view()),
]
