"""The fields of a send request (discovery revision 20261023 of the FCM HTTP v1 API)."""

from typing import Any

from notifications.sending.sandbox.proto import (
    Reader,
    Violations,
    boolean,
    duration,
    enum,
    floating,
    instant,
    integer,
    message,
    repeated,
    string,
    string_map,
    struct,
)

_label: dict[str, Reader] = {"analytics_label": string}
_color = message("Color", {"red": floating, "green": floating, "blue": floating, "alpha": floating})
_light = message(
    "LightSettings",
    {"color": _color, "light_on_duration": duration, "light_off_duration": duration},
)
_banner: dict[str, Reader] = {
    "title": string,
    "body": string,
    "icon": string,
    "color": string,
    "sound": string,
    "tag": string,
    "click_action": string,
    "body_loc_key": string,
    "body_loc_args": repeated(string),
    "title_loc_key": string,
    "title_loc_args": repeated(string),
    "channel_id": string,
    "ticker": string,
    "sticky": boolean,
    "event_time": instant,
    "local_only": boolean,
    "notification_priority": enum(
        "AndroidNotification.NotificationPriority",
        "PRIORITY_UNSPECIFIED",
        "PRIORITY_MIN",
        "PRIORITY_LOW",
        "PRIORITY_DEFAULT",
        "PRIORITY_HIGH",
        "PRIORITY_MAX",
    ),
    "default_sound": boolean,
    "default_vibrate_timings": boolean,
    "default_light_settings": boolean,
    "vibrate_timings": repeated(duration),
    "visibility": enum(
        "AndroidNotification.Visibility",
        "VISIBILITY_UNSPECIFIED",
        "PRIVATE",
        "PUBLIC",
        "SECRET",
        either_case=True,
    ),
    "notification_count": integer,
    "light_settings": _light,
    "image": string,
    "proxy": enum(
        "AndroidNotification.Proxy",
        "PROXY_UNSPECIFIED",
        "ALLOW",
        "DENY",
        "IF_PRIORITY_LOWERED",
        either_case=True,
    ),
    "bypass_proxy_notification": boolean,
}
_android: dict[str, Reader] = {
    "collapse_key": string,
    "ttl": duration,
    "restricted_package_name": string,
    "data": string_map,
    "fcm_options": message("AndroidFcmOptions", _label),
    "direct_boot_ok": boolean,
    "bandwidth_constrained_ok": boolean,
    "restricted_satellite_ok": boolean,
}
_remote = message(
    "AndroidRemoteNotification",
    {
        "mutable_content": boolean,
        "use_as_v1_data_message": boolean,
        "notification": message("AndroidNotificationV2", {**_banner, "id": integer}),
    },
)
_priority = enum("AndroidConfig.AndroidMessagePriority", "NORMAL", "HIGH", either_case=True)

MESSAGE: dict[str, Reader] = {
    "name": string,
    "data": string_map,
    "notification": message("Notification", {"title": string, "body": string, "image": string}),
    "android": message(
        "AndroidConfig",
        {
            **_android,
            "priority": _priority,
            "notification": message("AndroidNotification", _banner),
        },
    ),
    "android_v2": message(
        "AndroidConfigV2",
        {
            **_android,
            "remote_notification": _remote,
            "background_sync": message("AndroidBackgroundSyncMessage", {}),
        },
    ),
    "webpush": message(
        "WebpushConfig",
        {
            "headers": string_map,
            "data": string_map,
            "notification": struct,
            "fcm_options": message("WebpushFcmOptions", {**_label, "link": string}),
        },
    ),
    "apns": message(
        "ApnsConfig",
        {
            "headers": string_map,
            "payload": struct,
            "fcm_options": message("ApnsFcmOptions", {**_label, "image": string}),
            "live_activity_token": string,
        },
    ),
    "fcm_options": message("FcmOptions", _label),
    "token": string,
    "fid": string,
    "topic": string,
    "condition": string,
}

_request = message(
    "SendMessageRequest", {"validate_only": boolean, "message": message("Message", MESSAGE)}
)


def read_request(content: Any) -> tuple[dict[str, Any], Violations]:
    """`content` in canonical names, and what is wrong with it; with violations it isn't usable."""
    seen: Violations = []
    return _request(content, "", seen), seen
