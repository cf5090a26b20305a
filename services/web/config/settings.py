"""One settings file, safe for production as it stands; everything that differs comes from the environment.

The table of variables stands in docs/operations.md.
"""

import os
from pathlib import Path

from config.environment import check_tls, flag, hosts, number, origins, secret, stop, text
from config.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What the operator decides -------------------------------------------------------------------
SECRET_KEY = secret("SECRET_KEY")
DEBUG = flag("DEBUG", False)
HTTPS = flag("HTTPS", True)
# Whether browsers may use HTTPS alone for the subdomains of the host, too.
HSTS_SUBDOMAINS = flag("HSTS_SUBDOMAINS", False)
ALLOWED_HOSTS = hosts("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = origins("CSRF_TRUSTED_ORIGINS")
SIGN_UP_OPEN = flag("SIGN_UP_OPEN", True)
# A session ends after so many days without use, and so many days after the log-in in any case.
SESSION_IDLE_DAYS = number("SESSION_IDLE_DAYS", 14)
SESSION_ABSOLUTE_DAYS = number("SESSION_ABSOLUTE_DAYS", 90)
# Off, every page is made anew: to stop a page from leaking without a release.
CACHE_PAGES = flag("CACHE_PAGES", True)
# Everybody may open the query lab, otherwise staff only.
DEMO = flag("DEMO", False)
LOG_LEVEL = text("LOG_LEVEL", "INFO").upper()
LOG_FORMAT = text("LOG_FORMAT", "json")
RELEASE = text("RELEASE", "0.1.0")
# How many proxies of ours stand before the app: 0 trusts no X-Forwarded-For at all.
PROXY_COUNT = number("PROXY_COUNT", 0)

# Live updates: a port where the browser finds /events/, when no proxy leads there, and the origins of pages
# that may read it from there.
EVENTS_PORT = number("EVENTS_PORT", 0, most=65535)
EVENTS_ORIGINS = origins("EVENTS_ORIGINS")
EVENTS_MOST_STREAMS = number("EVENTS_MOST_STREAMS", 1_000)
EVENTS_MOST_STREAMS_OF_A_MEMBER = number("EVENTS_MOST_STREAMS_OF_A_MEMBER", 8)

# What one member may do in a minute; 0 is no limit. chats/limits.py.
MEMBER_LIMITS = {
    "reads": number("LIMIT_READS", 1_200),
    "sends": number("LIMIT_SENDS", 120),
    "edits": number("LIMIT_EDITS", 60),
    "changes": number("LIMIT_CHANGES", 120),
    "searches": number("LIMIT_SEARCHES", 60),
    "suggestions": number("LIMIT_SUGGESTIONS", 240),
    "streams": number("LIMIT_STREAMS", 120),
}

if LOG_FORMAT not in {"json", "console"}:
    stop(f"LOG_FORMAT is {LOG_FORMAT!r}; it can be json or console.")
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
    stop(f"LOG_LEVEL is {LOG_LEVEL!r}; it can be DEBUG, INFO, WARNING, ERROR or CRITICAL.")
if not 2 <= SESSION_IDLE_DAYS <= SESSION_ABSOLUTE_DAYS <= 400:
    stop(
        f"SESSION_IDLE_DAYS is {SESSION_IDLE_DAYS} and SESSION_ABSOLUTE_DAYS is {SESSION_ABSOLUTE_DAYS}; "
        "2 <= SESSION_IDLE_DAYS <= SESSION_ABSOLUTE_DAYS <= 400 must hold; browsers keep no cookie longer."
    )
if len(SECRET_KEY) < 50:
    stop("SECRET_KEY is shorter than 50 characters; make one with `openssl rand -hex 32`.")

# --- Applications ---------------------------------------------------------------------------------
# Dependents first: their receivers clear their own rows before the rows that these point to.
INSTALLED_APPS = [
    "chats.apps.ChatsConfig",
    "notifications.apps.NotificationsConfig",
    "messaging.apps.MessagingConfig",
    "accounts.apps.AccountsConfig",
    "observability.apps.ObservabilityConfig",
    "config.admin.BobbinAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_structlog",
]
MIDDLEWARE = [
    "observability.health.HealthMiddleware",  # Before host checks: probes come by address.
    "observability.measuring.MeasureMiddleware",  # Around all that members notice.
    "config.headers.PermissionsPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "observability.budgets.QueryBudgetMiddleware",  # Before all that may ask: session, user, page.
    "observability.request_log.RequestLogMiddleware",
    "config.requests.ReadableRequestMiddleware",  # Before anything that decodes what was sent.
    "accounts.sliding.SlidingSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "chats.limits.MemberLimitsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chats.middleware.PrivatePagesMiddleware",
    "chats.middleware.NotAllowedMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.PasswordMiddleware",
    "axes.middleware.AxesMiddleware",
    "observability.measuring.DjangoPrometheusMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chats.context.badges",
            ]
        },
    }
]

# --- PostgreSQL -----------------------------------------------------------------------------------
POSTGRES_HOST = text("POSTGRES_HOST")
# A socket folder is guarded by the system's own users; anything that goes over a network has a password.
POSTGRES_PASSWORD = secret("POSTGRES_PASSWORD", "" if POSTGRES_HOST.startswith("/") else None)
# Checked by libpq, for a server across a network. A socket folder has no TLS.
POSTGRES_SSLMODE = os.environ.get("POSTGRES_SSLMODE", "prefer")
POSTGRES_SSLROOTCERT = os.environ.get("POSTGRES_SSLROOTCERT", "")
check_tls(POSTGRES_SSLMODE, POSTGRES_SSLROOTCERT, POSTGRES_HOST)
# A pooler that lends a connection for one transaction: nothing of ours may outlast the transaction.
TRANSACTION_POOLER = flag("TRANSACTION_POOLER", False)
# No page may hold a worker for ever; commands that need longer raise it for themselves. And one plan for all
# values, made once: what a page asks is answered from an index, whoever asks.
OF_A_SESSION = (
    f"-c statement_timeout={number('STATEMENT_TIMEOUT_MS', 30_000)}"
    f" -c lock_timeout={number('LOCK_TIMEOUT_MS', 0)} -c plan_cache_mode=force_generic_plan"
)
DATABASES = {
    "default": {
        "ENGINE": "config.postgresql",
        "HOST": POSTGRES_HOST,
        "PORT": number("POSTGRES_PORT", 5432, least=1, most=65535),
        "NAME": text("POSTGRES_DB", "bobbin"),
        "USER": text("POSTGRES_USER", "bobbin"),
        "PASSWORD": POSTGRES_PASSWORD,
        # What the refusal of a database tells people to type (observability/locale.py).
        "MOVE_COMMAND": os.environ.get("POSTGRES_MOVE_COMMAND", ""),
        "CONN_MAX_AGE": number("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": TRANSACTION_POOLER,
        "OPTIONS": {
            "connect_timeout": 3,
            "tcp_user_timeout": 5000,
            "application_name": "bobbin",
            "sslmode": POSTGRES_SSLMODE,
            **({"sslrootcert": POSTGRES_SSLROOTCERT} if POSTGRES_SSLROOTCERT else {}),
            # Plans are made once a connection (docs/decisions/0006-connections.md).
            "server_side_binding": True,
            "prepare_threshold": None if TRANSACTION_POOLER else 5,
            # PgBouncer refuses options of a session: there the role has the limit.
            **({} if TRANSACTION_POOLER else {"options": OF_A_SESSION}),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: nothing in it that PostgreSQL could not rebuild ----------------------------------------
REDIS_URL = secret("REDIS_URL")
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    stop("REDIS_URL must begin with redis://, rediss:// or unix://.")
CACHES = {
    "default": {
        "BACKEND": "observability.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"bobbin-{RELEASE}",
        "TIMEOUT": 60,
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.msgpack.MSGPackSerializer",
            "CONNECTION_FACTORY": "observability.cache.ConnectionFactory",
            # What stands before the first colon of a key: what reads are counted by.
            "FAMILIES": ["badges", "epoch", "page", "session", "suggestions", "test"],
            # A lost cache slows us down; it does not take us down.
            "SOCKET_CONNECT_TIMEOUT": 0.2,
            "SOCKET_TIMEOUT": 0.2,
        },
    }
}
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = SESSION_IDLE_DAYS * 24 * 60 * 60
SESSION_ABSOLUTE_SECONDS = SESSION_ABSOLUTE_DAYS * 24 * 60 * 60

# --- Members, passwords, log-ins ------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "chats:inbox"
LOGOUT_REDIRECT_URL = "accounts:login"
# Log-in throttling: limits and reasons in accounts/guessing.py.
AXES_HANDLER = "accounts.guessing.AttemptsHandler"
AXES_CLIENT_IP_CALLABLE = "observability.client.network_of"
AXES_USERNAME_CALLABLE = "accounts.guessing.name_tried"
AXES_LOCKOUT_CALLABLE = "accounts.guessing.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_VERBOSE = False
DEVICE_COOKIE_NAME = "__Host-device" if HTTPS else "device"

# --- Headers --------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
if EVENTS_PORT:
    scheme = "https" if HTTPS else "http"
    # A policy has no way to write an address of IPv6.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"] = [
        "'self'",
        *(f"{scheme}://{host}:{EVENTS_PORT}" for host in ALLOWED_HOSTS if "[" not in host),
    ]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
# A browser takes a cookie with this prefix from this host alone, and over HTTPS. No script reads either.
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS_SUBDOMAINS
# W005, W021: whether the other hosts of a domain speak only HTTPS is the operator's to say (HSTS_SUBDOMAINS).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

FILE_UPLOAD_HANDLERS = ["config.uploads.RefuseFiles"]
CSRF_FAILURE_VIEW = "chats.views.errors.csrf_failure"

# --- Language, time, static files -----------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(text("STATIC_ROOT", str(BASE_DIR / "static-collected")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.Storage"},
}

# --- Metrics: ours are in observability/metrics.py ------------------------------------------------
# django-prometheus' time of a query and of a request: from a fifth of a millisecond up.
PROMETHEUS_LATENCY_BUCKETS = (
    0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
)  # fmt: skip
# Seconds between two looks at some unread counters, whether they are right; 0 turns it off.
UNREAD_CHECK_SECONDS = number("UNREAD_CHECK_SECONDS", 300)

# --- Logs -----------------------------------------------------------------------------------------
# Our proxy checks it; a visitor could write anything into our logs.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = PROXY_COUNT > 0
LOGGING = logging_settings(LOG_FORMAT, LOG_LEVEL)
