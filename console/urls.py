"""The whole map of the site on one screen."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import PathConverter

from console.views import (
    api_docs,
    audiences,
    audit,
    compose,
    compose_parts,
    correcting,
    devices,
    exports,
    health,
    imports,
    media,
    message_cards,
    notification,
    notifications,
    overview,
    people,
    person_send,
    prompt_editor,
    prompt_page,
    prompts,
    review,
    review_phones,
    sandbox,
    schedule,
    signing,
    triggers,
    verbs,
    viewer,
)
from console.views.settings import cards, kept, keys, pages, team, webhooks


class IdConverter(PathConverter):
    """An id from the app: anything but control characters, of which PostgreSQL refuses NUL."""

    regex = r"[^\x00-\x1f\x7f]+"


register_converter(IdConverter, "id")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.overview, name="overview"),
    path("overview/live/", overview.live, name="overview-live"),
    path("overview/counted/", overview.counted, name="overview-counted"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/export/", exports.listed, name="notifications-export"),
    path(
        "notifications/<uuid:uuid>/recipients/export/", exports.outcomes, name="recipients-export"
    ),
    path("audit/", audit.audit, name="audit"),
    path("audit/export/", audit.export, name="audit-export"),
    # ---- compose, review, confirm
    path("notifications/new/", compose.compose, name="compose"),
    path("notifications/reach/", compose_parts.reach, name="compose_reach"),
    path("notifications/preview/", compose_parts.preview, name="compose_preview"),
    path("notifications/languages/", compose_parts.languages, name="compose_languages"),
    path("notifications/image/", compose_parts.image, name="compose_image"),
    path("notifications/fields/", compose_parts.fields, name="compose_fields"),
    path("notifications/when/", compose_parts.when, name="compose_when"),
    path("notifications/<uuid:uuid>/edit/", compose.edit, name="compose_edit"),
    path("notifications/<uuid:uuid>/review/", review.review, name="review"),
    path("notifications/<uuid:uuid>/review/person/", review.person, name="review_person"),
    path("notifications/<uuid:uuid>/review/often/", review.often, name="review_often"),
    path("notifications/<uuid:uuid>/review/phones/", review_phones.phones, name="review_phones"),
    path(
        "notifications/<uuid:uuid>/review/phones/export/",
        exports.phones,
        name="review_phones_export",
    ),
    path("media/<path:path>", media.media, name="media"),
    # ---- one notification, from draft to report, and what can be done to it
    path("notifications/<uuid:uuid>/", notification.notification, name="notification"),
    path(
        "notifications/<uuid:uuid>/progress/", notification.progress, name="notification-progress"
    ),
    path("notifications/<uuid:uuid>/undo/", verbs.undo, name="notification-undo"),
    path("notifications/<uuid:uuid>/wait/", verbs.wait, name="notification-wait"),
    path("notifications/<uuid:uuid>/cancel/", verbs.cancel, name="notification-cancel"),
    path("notifications/<uuid:uuid>/release/", verbs.release, name="notification-release"),
    path("notifications/<uuid:uuid>/pause/", verbs.pause, name="notification-pause"),
    path("notifications/<uuid:uuid>/resume/", verbs.resume, name="notification-resume"),
    path("notifications/<uuid:uuid>/stop/", verbs.stop, name="notification-stop"),
    path("notifications/<uuid:uuid>/resend/", verbs.resend, name="notification-resend"),
    path("notifications/<uuid:uuid>/correct/", correcting.correct, name="notification-correct"),
    path(
        "notifications/<uuid:uuid>/resend-unopened/",
        correcting.resend_unopened,
        name="notification-resend-unopened",
    ),
    path("notifications/<uuid:uuid>/duplicate/", verbs.duplicate, name="notification-duplicate"),
    path(
        "notifications/<uuid:uuid>/reschedule/",
        schedule.reschedule,
        name="notification-reschedule",
    ),
    path("notifications/<uuid:uuid>/series/", schedule.take_back, name="series-take-back"),
    # ---- the schedule
    path("schedule/", schedule.schedule, name="schedule"),
    path("schedule/series/<uuid:uuid>/", schedule.one_series, name="series"),
    path("schedule/series/<uuid:uuid>/end/", schedule.end_series, name="series-end"),
    # ---- pretend phones; 404 unless the sandbox is in use
    path("sandbox/", sandbox.phones, name="sandbox"),
    path("sandbox/inbox", sandbox.inbox, name="sandbox-inbox"),
    path("sandbox/sign", sandbox.sign, name="sandbox-sign"),
    path("sandbox/state", sandbox.state, name="sandbox-state"),
    path("sandbox/test-phone", sandbox.test_phone, name="sandbox-test-phone"),
    path("sandbox/later", sandbox.later, name="sandbox-later"),
    # ---- signing in, one's own things
    path("login/", signing.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/password/", signing.password, name="password_change"),
    path("account/theme/", viewer.theme, name="theme"),
    # ---- people and their phones
    path("people/", people.people, name="people"),
    path("people/<id:user_id>/send/", person_send.choose, name="person-send"),
    path("people/<id:user_id>/send/<str:key>/", person_send.fill, name="person-fill"),
    path("people/<id:user_id>/", people.person, name="person"),
    path("devices/", devices.devices, name="devices"),
    path("devices/import/", imports.phones, name="devices-import"),
    path("devices/<id:device_id>/", devices.device, name="device"),
    # ---- audiences
    path("audiences/", audiences.index, name="audiences"),
    path("audiences/new/", audiences.new, name="audience-new"),
    path("audiences/count/", audiences.count, name="audiences-count"),
    path("audiences/<int:pk>/", audiences.one, name="audience"),
    # ---- permission prompts
    path("prompts/", prompts.index, name="prompts"),
    path("prompts/new/", prompt_editor.new, name="prompt-new"),
    path("prompts/preview/", prompt_editor.preview, name="prompt-preview"),
    path("prompts/<int:pk>/", prompt_page.page, name="prompt"),
    path("prompts/<int:pk>/edit/", prompt_editor.edit, name="prompt-edit"),
    path("prompts/<int:pk>/live/", prompt_page.live, name="prompt-live"),
    path("prompts/<int:pk>/budget/", prompt_page.budget, name="prompt-budget"),
    path("prompts/<int:pk>/export/", prompt_page.export, name="prompt-export"),
    path("prompts/<int:pk>/pause/", prompts.pause, name="prompt-pause"),
    path("prompts/<int:pk>/archive/", prompts.archive, name="prompt-archive"),
    path("prompts/<int:pk>/duplicate/", prompts.duplicate, name="prompt-duplicate"),
    # ---- message cards
    path("cards/", message_cards.index, name="cards"),
    path("cards/new/", message_cards.new, name="card-new"),
    path("cards/preview/", message_cards.preview, name="card-preview"),
    path("cards/<str:key>/", message_cards.one, name="card"),
    path("notifications/<uuid:uuid>/card/", person_send.refill, name="card-refill"),
    # ---- triggers
    path("triggers/", triggers.index, name="triggers"),
    path("triggers/try/", triggers.attempt, name="trigger-attempt"),
    # ---- settings
    path("settings/", cards.index, name="settings"),
    path("settings/pages/", pages.pages, name="settings-pages"),
    path("settings/pages/<int:pk>/", pages.page, name="settings-page"),
    path("settings/pages/<int:pk>/delete/", pages.delete, name="settings-page-delete"),
    path("settings/sound/", kept.sound, name="settings-sound"),
    path("settings/app/", kept.app, name="settings-app"),
    path("settings/app/check/", kept.check, name="settings-app-check"),
    path("settings/waves/", kept.waves, name="settings-waves"),
    path("settings/policy/", kept.policy, name="settings-policy"),
    path("settings/team/", team.team, name="settings-team"),
    path("settings/team/<int:pk>/role/", team.role, name="settings-team-role"),
    path("settings/team/<int:pk>/deactivate/", team.deactivate, name="settings-team-deactivate"),
    path("settings/team/<int:pk>/activate/", team.activate, name="settings-team-activate"),
    path("settings/team/<int:pk>/password/", team.reset, name="settings-team-reset"),
    path("settings/keys/", keys.keys, name="settings-keys"),
    path("settings/keys/<slug:public_id>/revoke/", keys.revoke, name="settings-key-revoke"),
    path("settings/webhooks/", webhooks.webhooks, name="settings-webhooks"),
    path("settings/webhooks/<uuid:uuid>/", webhooks.webhook, name="settings-webhook"),
    path("settings/webhooks/<uuid:uuid>/pause/", webhooks.pause, name="settings-webhook-pause"),
    path("settings/webhooks/<uuid:uuid>/resume/", webhooks.resume, name="settings-webhook-resume"),
    path("settings/webhooks/<uuid:uuid>/remove/", webhooks.remove, name="settings-webhook-remove"),
    path("settings/webhooks/<uuid:uuid>/rotate/", webhooks.rotate, name="settings-webhook-rotate"),
    path("settings/webhooks/<uuid:uuid>/test/", webhooks.test, name="settings-webhook-test"),
    path("settings/identity/", keys.secret, name="settings-secret"),
    path("settings/identity/rotate/", keys.rotate, name="settings-secret-rotate"),
    path("settings/identity/retire/", keys.retire, name="settings-secret-retire"),
    path("settings/identity/signing/", keys.signing, name="settings-signing"),
    # ---- the REST API
    path("api/v1/", include("notifications.api.urls")),
    path("api/v1/", include("devices.api.urls")),
    path("api/docs/", api_docs.index, name="api-docs"),
    path("api/docs/<slug:name>/", api_docs.chapter, name="api-chapter"),
    # ---- for load balancers
    path("health/", health.health, name="health"),
    path("health/pause-all/", health.pause_all, name="pause-all"),
    path("health/resume-all/", health.resume_all, name="resume-all"),
    path("metrics", health.numbers, name="metrics"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
