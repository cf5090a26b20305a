"""The only settings module. Its defaults are safe for production; environment variables change them.

docs/operations.md lists the variables.
"""

import tomllib
from pathlib import Path

from config.database import database_settings
from config.environment import choice, flag, hosts, number, origins, secret, session_days, stop, text, zone
from config.headers import content_security_policy
from config.logs import logging_settings
from config.site import site_settings
from config.traces import traces_endpoint

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

# --- Settings for the operator -------------------------------------------------------------------
# The first line signs. Further lines are previous keys: what they signed stays valid.
SECRET_KEY, *SECRET_KEY_FALLBACKS = secret("SECRET_KEY").splitlines()
if min(map(len, [SECRET_KEY, *SECRET_KEY_FALLBACKS])) < 50:
    stop("SECRET_KEY is shorter than 50 characters; make one with `openssl rand -hex 32`.")
DEBUG = flag("DEBUG", False)
HTTPS = flag("HTTPS", True)
# Whether HSTS includes the subdomains of the host.
HSTS_SUBDOMAINS = flag("HSTS_SUBDOMAINS", False)
ALLOWED_HOSTS = hosts("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = origins("CSRF_TRUSTED_ORIGINS")
SIGN_UP_OPEN = flag("SIGN_UP_OPEN", True)
# Name, logo, colors, notice and links of the site.
SITE = site_settings()
# Days without use after which a session expires, and days after the log-in after which it always expires.
SESSION_IDLE_DAYS, SESSION_ABSOLUTE_DAYS = session_days(14, 90)
# False disables the cache of pages. This can stop a leak of private data without a release.
CACHE_PAGES = flag("CACHE_PAGES", True)
# True opens the query lab to all users. Otherwise it is for staff only.
DEMO = flag("DEMO", False)
LOG_LEVEL = choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOG_FORMAT = choice("LOG_FORMAT", "json", ("json", "console"))
RELEASE = text("RELEASE", VERSION)
# The address that gets traces (OTLP over HTTP). Empty means that no process imports OpenTelemetry.
TRACES_ENDPOINT = traces_endpoint()
# Number of trusted proxies in front of the application. With 0, X-Forwarded-For is ignored.
PROXY_COUNT = number("PROXY_COUNT", 0)

# Live updates without a proxy: the port of /events/ for browsers, and the origins of pages that may read it.
EVENTS_PORT = number("EVENTS_PORT", 0, most=65535)
EVENTS_ORIGINS = origins("EVENTS_ORIGINS")
EVENTS_MOST_STREAMS = number("EVENTS_MOST_STREAMS", 1_000)
EVENTS_MOST_STREAMS_OF_A_MEMBER = number("EVENTS_MOST_STREAMS_OF_A_MEMBER", 8)

# Limits for one user and minute (chats/limits.py). 0 means no limit.
MEMBER_LIMITS = {
    "reads": number("LIMIT_READS", 1_200),
    "sends": number("LIMIT_SENDS", 120),
    "edits": number("LIMIT_EDITS", 60),
    "changes": number("LIMIT_CHANGES", 120),
    "searches": number("LIMIT_SEARCHES", 60),
    "suggestions": number("LIMIT_SUGGESTIONS", 240),
    "streams": number("LIMIT_STREAMS", 120),
}

# --- Applications ---------------------------------------------------------------------------------
# Dependents first. The order of receivers follows this list; that of an erasure does not (docs/signals.md).
INSTALLED_APPS = [
    "chats",
    "labs",
    "probe",
    "live",
    "notifications",
    "messaging",
    "accounts",
    "caching",
    "observability",
    "config.admin.BobbinAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "config.static_files.UsedStaticFilesConfig",
    "axes",
    "csp",
    "django_htmx",
]
MIDDLEWARE = [
    "observability.health.HealthMiddleware",  # Before host checks, because probes use the IP address.
    "observability.measuring.MeasureMiddleware",  # Around everything that users wait for.
    "observability.request_log.RequestLogMiddleware",
    "chats.stored_pages.StoredPagesMiddleware",
    "accounts.languages.LanguageMiddleware",  # Before everything that can answer with an error page.
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.script_texts.SiteFilesMiddleware",
    "config.headers.PermissionsPolicyMiddleware",  # Not of static files, which are no documents.
    "csp.middleware.CSPMiddleware",
    "observability.budgets.QueryBudgetMiddleware",  # Before everything that may query: session, user, page.
    "config.requests.ReadableRequestMiddleware",  # Before everything that decodes the request.
    "accounts.sliding.SlidingSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "caching.private_pages.PrivatePagesMiddleware",  # Before everything that reads the user.
    "chats.middleware.MemberLimitsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chats.middleware.ErrorPagesMiddleware",
    "accounts.middleware.PasswordMiddleware",
    "axes.middleware.AxesMiddleware",
    "observability.measuring.DjangoPrometheusMiddleware",
]
ROOT_URLCONF = "config.urls"
CONTEXT_PROCESSORS = [
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {  # Bobbin's own pages, in the folders `jinja2` of the apps.
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "config.templates.environment",
            "context_processors": [*CONTEXT_PROCESSORS, "chats.context.frame"],
        },
    },
    {  # The admin, and the pages of packages.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request", *CONTEXT_PROCESSORS]
        },
    },
]

# --- PostgreSQL -----------------------------------------------------------------------------------
DATABASES = {"default": database_settings()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: only data that can be rebuilt from PostgreSQL ------------------------------------------
REDIS_URL = secret("REDIS_URL")
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    stop("REDIS_URL must begin with redis://, rediss:// or unix://.")
CACHES = {
    "default": {
        "BACKEND": "caching.backend.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"bobbin-{RELEASE}",
        "TIMEOUT": 60,
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.msgpack.MSGPackSerializer",
            # Prefixes of keys, up to the first colon. The metrics count reads for each prefix.
            "FAMILIES": ["badges", "generation", "page", "session", "suggestions", "test"],
            # Seconds. With short timeouts an unreachable Redis makes pages slower, but they still work.
            "SOCKET_CONNECT_TIMEOUT": 0.2,
            "SOCKET_TIMEOUT": 0.2,
        },
    }
}
if TRACES_ENDPOINT:
    MIDDLEWARE.insert(1, "observability.tracing.TraceMiddleware")  # Probes are not traced.
    CACHES["default"]["BACKEND"] = "caching.traced.RedisCache"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = SESSION_IDLE_DAYS * 24 * 60 * 60
SESSION_ABSOLUTE_SECONDS = SESSION_ABSOLUTE_DAYS * 24 * 60 * 60

# --- Users, passwords, log-ins --------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
SHORTEST_PASSWORD = 10  # Characters.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "accounts.password_length.MinimumLengthValidator",
        "OPTIONS": {"min_length": SHORTEST_PASSWORD},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 60 * 60  # Seconds that a recovery link is valid (accounts/recovery.py).
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "chats:inbox"
# Log-in throttling. The limits are in accounts/login_throttling.py.
AXES_HANDLER = "accounts.login_throttling.AttemptsHandler"
AXES_CLIENT_IP_CALLABLE = "observability.client.network_of"
AXES_USERNAME_CALLABLE = "accounts.login_throttling.name_tried"
AXES_LOCKOUT_CALLABLE = "accounts.login_throttling.locked_out"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_VERBOSE = False
DEVICE_COOKIE_NAME = "__Host-device" if HTTPS else "device"

# --- Headers --------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = content_security_policy(HTTPS, ALLOWED_HOSTS, EVENTS_PORT)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
# Browsers accept a cookie with the prefix __Host- only from this host and over HTTPS. No script reads them.
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS_SUBDOMAINS
# W005, W021: only the operator knows whether all hosts of the domain use HTTPS (HSTS_SUBDOMAINS).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

FILE_UPLOAD_HANDLERS = ["config.uploads.RefuseFiles"]
CSRF_FAILURE_VIEW = "chats.views.errors.csrf_failure"

# --- Language, time, static files -----------------------------------------------------------------
# Each language in itself, because those who look for it may not read another one.
LANGUAGES = [
    ("en", "English"),
    ("ar", "العربية"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
]
# For a browser that asks for none of these languages.
LANGUAGE_CODE = choice("SITE_LANGUAGE", "en", tuple(code for code, _ in LANGUAGES))
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SITE_TIME_ZONE = zone("SITE_TIME_ZONE", "UTC")  # Of pages, unless a member has chosen a zone.
TIME_ZONE = "UTC"  # Of everything else.
STATIC_URL = "/static/"
STATIC_ROOT = Path(text("STATIC_ROOT", str(BASE_DIR / "static-collected")))
WHITENOISE_ALLOW_ALL_ORIGINS = False  # No other site uses the static files.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.Storage"},
}

# --- Metrics: they are defined in observability/metrics.py ----------------------------------------
# Buckets in seconds for the durations of queries and requests in the metrics of django-prometheus.
PROMETHEUS_LATENCY_BUCKETS = (
    0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
)  # fmt: skip

# --- Logs -----------------------------------------------------------------------------------------
LOGGING = logging_settings(LOG_FORMAT, LOG_LEVEL)
