"""The whole map of the site on one screen."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from console.views import signing, viewer
from console.views.settings import cards, kept, keys, pages, team
from devices.api.schema import Docs

urlpatterns: list[URLPattern | URLResolver] = [
    # ---- signing in, one's own things
    path("login/", signing.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/password/", signing.password, name="password_change"),
    path("account/theme/", viewer.theme, name="theme"),
    # ---- settings
    path("settings/", cards.index, name="settings"),
    path("settings/pages/", pages.pages, name="settings-pages"),
    path("settings/pages/<int:pk>/", pages.page, name="settings-page"),
    path("settings/pages/<int:pk>/delete/", pages.delete, name="settings-page-delete"),
    path("settings/sound/", kept.sound, name="settings-sound"),
    path("settings/app/", kept.app, name="settings-app"),
    path("settings/app/check/", kept.check, name="settings-app-check"),
    path("settings/policy/", kept.policy, name="settings-policy"),
    path("settings/team/", team.team, name="settings-team"),
    path("settings/team/<int:pk>/role/", team.role, name="settings-team-role"),
    path("settings/team/<int:pk>/deactivate/", team.deactivate, name="settings-team-deactivate"),
    path("settings/team/<int:pk>/activate/", team.activate, name="settings-team-activate"),
    path("settings/team/<int:pk>/password/", team.reset, name="settings-team-reset"),
    path("settings/keys/", keys.keys, name="settings-keys"),
    path("settings/keys/<slug:public_id>/revoke/", keys.revoke, name="settings-key-revoke"),
    path("settings/identity/", keys.secret, name="settings-secret"),
    path("settings/identity/rotate/", keys.rotate, name="settings-secret-rotate"),
    path("settings/identity/retire/", keys.retire, name="settings-secret-retire"),
    path("settings/identity/signing/", keys.signing, name="settings-signing"),
    # ---- the REST API
    path("api/v1/", include("devices.api.urls")),
    path("api/docs/", Docs.as_view(url_name="openapi"), name="api-docs"),
]
