"""All settings, read top to bottom. Every value of the environment comes through `env`.

The README's table says what each variable means.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ

from console import embedded_redis, env

BASE_DIR = Path(__file__).resolve().parent.parent

# ---------------------------------------------------------------- where we run
DEBUG = env.switch("DEBUG")
PORT = env.whole("PORT", 8000, 1, 65535)
BIND = env.text("BIND", "127.0.0.1")
SANDBOX_PORT = env.whole("SANDBOX_PORT", 8787, 1, 65535)
# The same over TLS; 0 is off, as it is by default where SANDBOX_PORT was moved.
SANDBOX_TLS_PORT = env.whole("SANDBOX_TLS_PORT", 8788 if SANDBOX_PORT == 8787 else 0, 0, 65535)
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).resolve()
PUBLIC_URL = env.url("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
HTTPS = PUBLIC_URL.startswith("https://")
_host = urlsplit(PUBLIC_URL).hostname or "127.0.0.1"
_local = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", [_host, *_local])
CSRF_TRUSTED_ORIGINS = env.words(
    "CSRF_TRUSTED_ORIGINS", [PUBLIC_URL, f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}"]
)
# Whose X-Forwarded-For and X-Forwarded-Proto are believed (devices/api/proxies.py).
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", ["127.0.0.1", "::1"])
SECRET_KEY = env.kept_secret("SECRET_KEY", DATA_DIR)
ADMIN_USERNAME = env.text("ADMIN_USERNAME", "admin")
ADMIN_PASSWORD = env.text("ADMIN_PASSWORD")

# ---------------------------------------------------------------- sending (engine.md's names)
FIREBASE_CREDENTIALS = env.existing_file("FIREBASE_CREDENTIALS")
SANDBOX_URL = f"http://127.0.0.1:{SANDBOX_PORT}"
GOOGLE_URL = "https://fcm.googleapis.com"
FCM_BASE_URL = env.url("FCM_BASE_URL", GOOGLE_URL if FIREBASE_CREDENTIALS else SANDBOX_URL).rstrip(
    "/"
)
UNDO_SECONDS = env.seconds("UNDO_SECONDS", 10, 0, 3600)
BATCH_THRESHOLD = env.whole("BATCH_THRESHOLD", 10_000, 1, 100_000_000)
BATCH_SIZE = env.whole("BATCH_SIZE", 5_000, 1, 1_000_000)
SEND_WINDOW = env.whole("SEND_WINDOW", 500, 1, 10_000)
LEASE_SECONDS = env.seconds("LEASE_SECONDS", 60, 1, 3600)
TICK_SECONDS = env.seconds("TICK_SECONDS", 5, 0.2, 60)
LATE_MINUTES = env.seconds("LATE_MINUTES", 15, 0, 100_000)
RETRY_SECONDS = env.seconds("RETRY_SECONDS", 10, 0.1, 600)
QUOTA_SECONDS = env.seconds("QUOTA_SECONDS", 60, 0.1, 600)
RETRY_MINUTES = env.seconds("RETRY_MINUTES", 60, 0.1, 600)
RAMP_SECONDS = env.seconds("RAMP_SECONDS", 0 if FCM_BASE_URL == SANDBOX_URL else 60, 0, 3600)
FCM_CLIENT = env.choice("FCM_CLIENT", "auto", ("auto", "multiplexer", "pycurl"))
FCM_MESSAGES_PER_MINUTE = env.whole("FCM_MESSAGES_PER_MINUTE", 540_000, 60, 100_000_000)
KEEP_DAYS = env.whole("KEEP_DAYS", 180, 1, 36_500)
# Webhooks go to public addresses only; on lets them reach this machine and its network.
WEBHOOKS_TO_PRIVATE = env.switch("WEBHOOKS_TO_PRIVATE")
# Mail to those who can act; without a server nobody is mailed (notifications/mails.py).
_mail = env.mail_server("EMAIL_URL")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _mail.host else 'dummy'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.starttls, _mail.tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", f"beckon@{_host}")
EMAIL_TO = env.words("EMAIL_TO", [])
MAILED_EVENTS = frozenset(["notification.held", "notification.halted"] if _mail.host else [])
# Requests a minute, before a caller is told to wait.
API_LIMIT_PER_KEY = env.whole("API_LIMIT_PER_KEY", 60_000, 1, 100_000_000)
API_LIMIT_PER_ADDRESS = env.whole("API_LIMIT_PER_ADDRESS", 6_000, 1, 100_000_000)
# For tests of crashes: named places where a worker ends or stalls (sending/failpoints.py).
DEBUG_FAILPOINTS = env.switch("DEBUG_FAILPOINTS")
FAILPOINT = env.text("FAILPOINT")

# ---------------------------------------------------------------- Django
INSTALLED_APPS = [
    "console.apps.ConsoleConfig",
    "notifications.apps.NotificationsConfig",
    "devices.apps.DevicesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # its widget templates, for FORM_RENDERER
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "axes",
]
MIDDLEWARE = [
    "console.middleware.ProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "console.statics.CompressingWhiteNoise",
    "console.middleware.CompressPages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.sessions.SessionMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "console.middleware.ViewerMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["console.templatetags.beckon"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "console.context.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# ---------------------------------------------------------------- database
DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'beckon.sqlite3'}")
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
_options = DATABASES["default"].setdefault("OPTIONS", {})
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["ENGINE"] = "console.sqlite3"  # Django's, and threads wait in line
    # IMMEDIATE: a transaction that will write takes the lock first, so none ends "locked".
    # FULL: the write-ahead of the engine is worth nothing if a power cut can take it back.
    _options |= {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-20000",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Kept for the next request: opening one costs several milliseconds, for SQLite reads its schema.
DATABASES["default"]["CONN_MAX_AGE"] = 300
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---------------------------------------------------------------- Redis, Celery
REDIS_URL = env.text("REDIS_URL") or embedded_redis.url(DATA_DIR)
_broker = REDIS_URL.replace("unix://", "redis+socket://", 1)
CACHES = {
    "default": {
        "BACKEND": "console.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "beckon",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 0.3},
    }
}
CELERY_BROKER_URL = _broker
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 0.3,
    "socket_keepalive": True,
    # A doorbell that does not ring must not keep a person waiting: by itself kombu tries for 6 s.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "trigger"
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "run" / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "notifications.tasks.tick", "schedule": TICK_SECONDS},
    "upkeep": {"task": "notifications.tasks.upkeep", "schedule": timedelta(hours=1)},
}

# ---------------------------------------------------------------- people and their sessions
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_CLIENT_IP_CALLABLE = "console.views.gate.address"
AXES_LOCKOUT_CALLABLE = "console.views.signing.locked"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_MINUTES = env.whole("SESSION_IDLE_MINUTES", 120, 5, 720)
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else f"beckon-session-{PORT}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else f"beckon-csrf-{PORT}"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# ---------------------------------------------------------------- security
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
_self = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [_self],
        "style-src": [_self],
        "img-src": [_self, "data:", "blob:"],
        "connect-src": [_self],
        "font-src": [_self],
        "form-action": [_self],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": [_self],
        "object-src": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024  # 50,000 references of the longest ids
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_HANDLERS = ["console.uploads.BoundedUploadHandler"]

# ---------------------------------------------------------------- languages, files, logs
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = env.url("MEDIA_URL", f"{PUBLIC_URL}/media/").rstrip("/") + "/"
if (
    urlsplit(MEDIA_URL).netloc
    and MEDIA_URL.startswith("https://")
    and not MEDIA_URL.startswith(PUBLIC_URL)
):
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"].append(MEDIA_URL)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
SENTRY_DSN = env.text("SENTRY_DSN")

# ---------------------------------------------------------------- the REST API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["devices.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["devices.api.authentication.Denied"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["devices.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "devices.api.operations.Operation",
    "EXCEPTION_HANDLER": "devices.api.problems.answer",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Beckon",
    "DESCRIPTION": (
        "Register devices, report permission, trigger and read notifications. Every call takes a "
        "key, as `Authorization: Bearer …`: an app its client key (`pk_…`), a back end its server "
        "key (`sk_…`). Every error is `application/problem+json`, with a `code` for programs."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "TAGS": [  # in the order of their pages
        {"name": "devices", "description": "Whose phone it is, and what it may show"},
        {"name": "events", "description": "What was received and opened"},
        {"name": "prompts", "description": "Soft prompts: made, shown, answered, counted"},
        {"name": "notifications", "description": "Triggers and campaigns, and what became of them"},
        {"name": "images", "description": "Pictures to send"},
        {"name": "users", "description": "People, what is known of them, and why they got it"},
        {"name": "audiences", "description": "Rules and lists of people"},
    ],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "devices.api.operations.without_defaults",
        "devices.api.operations.with_retry_after",
    ],
    "ENUM_NAME_OVERRIDES": {  # fields of one name and several meanings
        "PlatformEnum": "devices.states.Platform.values",
        "NotificationKindEnum": "notifications.states.Kind.values",
        "FrequencyKindEnum": ["once", "every_time", "multiple"],
        "AskResultEnum": ["granted", "denied", "dismissed"],
        "SendToEnum": "notifications.states.SendTo.values",
        "ComposedSendToEnum": ["everyone", "users", "audience"],
        "PermissionStatusEnum": [
            "should_request",
            "should_explain_then_request",
            "granted",
            "denied",
        ],
        "NotificationStatusEnum": "notifications.states.NotificationStatus.values",
    },
}
