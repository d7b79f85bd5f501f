"""Settings, read from the environment. docs/deploy.md lists them.

ICRAS_MODE is production (the default: strict), demo (script/run: embedded servers, demo log-ins) or test.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from jinja2 import StrictUndefined

from icras import environment, logs

BASE_DIR = Path(__file__).resolve().parent.parent
DEMO_SECRET = "demo-only-not-a-secret"  # noqa: S105  (refused in production below)

MODE = environment.text("ICRAS_MODE", "production")
if MODE not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"ICRAS_MODE is {MODE!r}: use production, demo or test.")
PRODUCTION = MODE == "production"
DEBUG = False
STATE_DIR = Path(environment.text("ICRAS_HOME", str(BASE_DIR / "var")))

_hint = "For a try-out on this machine use script/run; to deploy see docs/deploy.md."
SECRET_KEY = environment.text("SECRET_KEY", None if PRODUCTION else DEMO_SECRET, _hint)
if PRODUCTION and (SECRET_KEY == DEMO_SECRET or len(SECRET_KEY) < 50):
    raise ImproperlyConfigured("SECRET_KEY must be at least 50 characters, and not the demo one.")
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured(f"ALLOWED_HOSTS is not set: the host names of the site. {_hint}")
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")
ICRAS_SITE_URL = environment.text("ICRAS_SITE_URL", None if PRODUCTION else "http://127.0.0.1:8000", _hint)

DATABASES: dict[str, Any] = {"default": environment.database(environment.text("DATABASE_URL", None, _hint))}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if environment.flag("ICRAS_DB_POOL"):  # the web process only: a pool must not cross Celery's fork
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": environment.number("ICRAS_DB_POOL_SIZE", 8),
        "timeout": 5,  # while the database is away, say so soon: psycopg waits 30 s for each request
        "reconnect_timeout": 4,  # and look for it again at once when asked: psycopg waits longer and longer, to 5 min
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "icras",
    "reporting",
    "casework",
    "careplans",
    "pathways",
    "referrals",
    "capacity",
    "timelimits",
    "notifications",
    "accounts",
    "audit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "simple_history",
    "django_htmx",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "icras.http.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "icras.http.NoStoreMiddleware",
    "icras.http.LongBodyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SessionEndMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "icras.http.ActorMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "icras.http.UnfitTextMiddleware",
    "icras.http.RefusalMiddleware",
]

ROOT_URLCONF = "icras.urls"
WSGI_APPLICATION = "icras.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "icras.shell.shell",
            ],
            "builtins": ["icras.templatetags.ic", "icras.templatetags.nhsuk"],
        },
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "lists",
        "DIRS": [BASE_DIR / "templates" / "lists"],
        "OPTIONS": {"undefined": StrictUndefined},
    },
]

# Who signs in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_ADAPTER = "notifications.adapters.AccountAdapter"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # the page answers the same; nobody is written to who has no account
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Whole organisations sit behind one address: the limit that counts is the one on each account (5 in 5 minutes)
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "60/m/ip,5/300s/key", "reset_password": "60/m/ip,5/m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if environment.flag("ICRAS_BEHIND_PROXY") else 0
MFA_ADAPTER = "accounts.sign_in.adapters.SecondFactorAdapter"
MFA_TOTP_TOLERANCE = 1  # telephones' clocks drift
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # finger, face or PIN: a passkey is two factors by itself
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RATE_LIMITS = {"webauthn_login": "300/m/ip"}
MFA_FORMS = {
    "add_webauthn": "accounts.sign_in.passkeys.AddPasskeyForm",
    "authenticate_webauthn": "accounts.sign_in.passkeys.UsePasskeyForm",
    "login_webauthn": "accounts.sign_in.passkeys.SignInPasskeyForm",
    "reauthenticate_webauthn": "accounts.sign_in.passkeys.AgainPasskeyForm",
}
MFA_TOTP_ISSUER = "ICRAS"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TRUST_ENABLED = True
ICRAS_MFA_TRUST_HOURS = environment.number("ICRAS_MFA_TRUST_HOURS", 12)
MFA_TRUST_COOKIE_AGE = timedelta(hours=ICRAS_MFA_TRUST_HOURS)
ICRAS_REQUIRE_MFA = PRODUCTION or environment.flag("ICRAS_REQUIRE_MFA")

# Work sign-in (OpenID Connect): docs/sign-in.md
SOCIALACCOUNT_ADAPTER = "accounts.sign_in.adapters.WorkSignInAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"APPS": environment.sign_in_providers(PRODUCTION), "OAUTH_PKCE_ENABLED": True}
}
ICRAS_ACCOUNTS_HELP = environment.text(
    "ICRAS_ACCOUNTS_HELP", "your team lead, or whoever looks after ICRAS accounts where you work"
)

# Sessions, cookies, transport
SESSION_ENGINE = "django.contrib.sessions.backends.db"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # they name people: never in a cookie
ICRAS_IDLE_MINUTES = environment.number("ICRAS_IDLE_MINUTES", 30)
ICRAS_SHARED_IDLE_MINUTES = environment.number("ICRAS_SHARED_IDLE_MINUTES", 10)  # on a device that colleagues share
ICRAS_WARN_SECONDS = environment.number("ICRAS_WARN_SECONDS", 300)  # how long before the end a page says so
SESSION_COOKIE_AGE = environment.number("ICRAS_SESSION_HOURS", 12) * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
if PRODUCTION:  # the prefix: a neighbour's site or a plain connection can not plant these
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, MFA_TRUST_COOKIE_NAME = "__Host-session", "__Host-csrf", "__Host-trusted"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_FAILURE_VIEW = "icras.views.csrf_failure"
SECURE_SSL_REDIRECT = PRODUCTION and not environment.flag("ICRAS_PLAIN_HTTP")
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if environment.flag("ICRAS_BEHIND_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "report-uri": ["/csp-report/"],
        "form-action": [SELF, *environment.sign_in_origins()],  # Chromium holds redirects after a form to this too
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
ICRAS_FILE_BODY = 11 * 1024 * 1024  # of the pages that take a file of 10 MB

# Caches hold rate limits only, in PostgreSQL: Valkey may be emptied at any time
CACHES = {  # lock-outs of sign-in stand there: so many that none is pushed out by trying other names
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "icras_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}

# Celery: messages only, nothing kept there
REDIS_URL = environment.text("REDIS_URL", None if PRODUCTION else "redis://127.0.0.1:6379/0", _hint)
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
ICRAS_SWEEP_SECONDS = environment.number("ICRAS_SWEEP_SECONDS", 20)
ICRAS_SWEEP_LATE_SECONDS = environment.number("ICRAS_SWEEP_LATE_SECONDS", 60)
ICRAS_DELIVER_SECONDS = environment.number("ICRAS_DELIVER_SECONDS", 5)
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "timelimits.sweep", "schedule": ICRAS_SWEEP_SECONDS, "options": {"expires": ICRAS_SWEEP_SECONDS}},
    "climb": {"task": "timelimits.climb_ladders", "schedule": 30, "options": {"expires": 30}},
    "compact": {"task": "timelimits.compact_counts", "schedule": 300, "options": {"expires": 300}},
    "deliver": {"task": "notifications.deliver", "schedule": ICRAS_DELIVER_SECONDS, "options": {"expires": 30}},
    "compare": {"task": "referrals.compare_people", "schedule": 30, "options": {"expires": 30}},
    "gather": {"task": "casework.gather", "schedule": 20, "options": {"expires": 20}},
    "needs": {"task": "pathways.see_to_needs", "schedule": 60, "options": {"expires": 60}},
    "days": {"task": "casework.tell_days", "schedule": 3600, "options": {"expires": 3600}},
    "empty": {"task": "casework.empty_accesses", "schedule": 3600, "options": {"expires": 3600}},
    "scan": {"task": "referrals.scan_files", "schedule": 15, "options": {"expires": 15}},
    "ended": {"task": "accounts.clear_ended", "schedule": 3600, "options": {"expires": 3600}},
    "forget": {"task": "referrals.forget_old_keys", "schedule": 3600, "options": {"expires": 3600}},
}

# E-mail: a link and a reference, never a person
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if PRODUCTION else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = STATE_DIR / "mail"
EMAIL_HOST = environment.text("EMAIL_HOST", "localhost")
EMAIL_PORT = environment.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = environment.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = environment.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = environment.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "icras@icras.example")

# REST
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
RFC9700 = [
    "IMPLICIT_GRANT",
    "PASSWORD_GRANT",
    "PKCE_METHOD",
    "ACCESS_TOKEN_TRANSPORT",
    "AUTHZ_RESPONSE_ISS",
    "TOKEN_STORAGE",
    "REFRESH_TOKEN",
    "REDIRECT_URI_SCHEME",
    "REDIRECT_URI_MATCHING",
    "PKCE_REQUIRED",
]
OAUTH2_PROVIDER = {
    **{f"COMPLIANT_BCP_RFC9700_{practice}": True for practice in RFC9700},
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "SCOPES_BACKEND_CLASS": "accounts.api.tokens.PartnerScopes",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "OAUTH2_VALIDATOR_CLASS": "accounts.api.tokens.PartnerValidator",
}
ICRAS_TOKEN_RATE = environment.text("ICRAS_TOKEN_RATE", "60/min")  # from one address, tokens asked for and taken back
ICRAS_REPORT_RATE = environment.text("ICRAS_REPORT_RATE", "30/min")  # from one address, reports of browsers
ICRAS_ASK_RATE = environment.text("ICRAS_ASK_RATE", "20/h")  # from one address, requests for help of the public
ICRAS_API_RATE = environment.text("ICRAS_API_RATE", "600/min")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.clients.PartnerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.clients.IsPartner"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.clients.PartnerThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.body.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "icras.http.problem",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ICRAS partner API",
    "DESCRIPTION": "Refer a person to intermediate care, and follow what happens. Times carry their offset.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [
        "accounts.api.clients.PartnerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "POSTPROCESSING_HOOKS": ["accounts.api.document.only_known_fields"],
    "SORT_OPERATIONS": False,
}

# Language, time, static files, logs
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = False
STATIC_URL = "static/"
STATIC_ROOT = Path(environment.text("ICRAS_STATIC_ROOT", str(STATE_DIR / "static")))
# Files on people's records: outside of whatever is served. The same folder for web and worker, and part of the backup
ICRAS_FILES = Path(environment.text("ICRAS_FILES", str(STATE_DIR / "files")))
# What looks for viruses: a command that is given the path (0 clean, 1 infected), or the dotted name of a function that
# is given the bytes. Without one no file is taken
ICRAS_SCANNER = environment.text("ICRAS_SCANNER", "" if PRODUCTION else "referrals.domain.files.only_the_test_file")
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "icras.assets.NhsukFinder",
]
ICRAS_ASSETS = STATE_DIR / "assets"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if MODE == "test":
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = MODE == "test"
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W021"] if not PRODUCTION else []

logs.configure()
LOGGING = logs.settings(environment.text("ICRAS_LOG_LEVEL", "INFO" if PRODUCTION else "WARNING"))
