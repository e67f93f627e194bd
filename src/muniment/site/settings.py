"""Translates Muniment's settings into Django's. Holds no decision that is not about Django."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import lazystr

from muniment.spine import config
from muniment.spine.installation import provider

HERE = Path(__file__).resolve().parent
MEBIBYTE = 1 << 20
_installation = config.current()


def _database() -> dict[str, Any]:
    if not _installation.on_postgres:
        return {
            "ENGINE": "muniment.spine.backends.sqlcipher",
            "NAME": str(_installation.database_file),
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
            "CONN_MAX_AGE": 0,  # each request of an ASGI server has a thread of its own
        }
    parts = config.postgres_parts(_installation.database)
    return {
        "ENGINE": "muniment.spine.backends.postgres",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", "5432"),
        "OPTIONS": parts,  # sslmode and its like
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


class _SecretKey:
    """Django's secret, derived from the deployment key when it is first used.

    So that help works without keys.
    """

    def __str__(self) -> str:
        return provider().derive("django-secret").hex()


DATABASES = {"default": _database()}
DEBUG = _installation.debug
SECRET_KEY = lazystr(_SecretKey())
SECRET_KEY_FALLBACKS: list[str] = []
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
USE_I18N = True
LOCALE_PATHS = [HERE / "locale"]
ROOT_URLCONF = "muniment.site.urls"
ASGI_APPLICATION = "muniment.site.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = [
    "auth.E003",  # USERNAME_FIELD is the key: people are found by a keyed index, not by a name
]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_tasks",
    "muniment.access",  # before allauth, so that our templates are found first
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "muniment.spine",
    "muniment.ui",
    "muniment.ledger",
    "muniment.tenants",
    "muniment.vault",
    "muniment.sources",
    "muniment.counterparties",
    "muniment.scans",
    "muniment.screening",
    "muniment.cases",
    "muniment.packs",
    "muniment.lifecycle",
    "muniment.ops",
]
TASKS = {"default": {"BACKEND": "muniment.spine.queue.LeaseBackend", "QUEUES": ["default"]}}
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "muniment.site.middleware.Envelope",
    "muniment.site.static.StaticFiles",
    "muniment.site.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "muniment.site.gate.Gate",
    "muniment.site.repeated.Repeated",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "muniment.site.frame.frame",
            ],
        },
    }
]

# --- who may speak to it, and how
_public = urlsplit(_installation.public_url)
ALLOWED_HOSTS = sorted({_public.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"})
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
CSRF_FAILURE_VIEW = "muniment.site.problems.csrf_failure"
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # a link in a message of a colleague must find one signed in
SESSION_COOKIE_AGE = _installation.session_hours * 3600
SESSION_ENGINE = "muniment.site.sessions"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
APPEND_SLASH = False  # an address has one form; a redirect would drop what was posted

# --- what may be sent to it; nothing that is sent is written to a disk before it is encrypted
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * MEBIBYTE
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
LARGEST_BODY = (_installation.max_upload_mb + 1) * MEBIBYTE
FILE_UPLOAD_HANDLERS = ["muniment.site.uploads.SealedUpload"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # files of ours go through the vault
    "staticfiles": {"BACKEND": "muniment.site.static.NamedByDigest"},
}
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
CACHES = {"default": {"BACKEND": "muniment.site.shared_memory.SharedMemory"}}
LOGGING_CONFIG = "muniment.site.logs.configure"
LOGGING = {"level": _installation.log_level}

# --- people
AUTH_USER_MODEL = "access.Person"
AUTHENTICATION_BACKENDS = ["muniment.access.backends.LoginBackend"]
PASSWORD_HASHERS = ["muniment.access.backends.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "muniment.access.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_FORMS = {
    "login": "muniment.access.forms.SignIn",
    "reauthenticate": "muniment.access.forms.PasswordAgain",
    "change_password": "muniment.access.forms.NewPassword",
}
MFA_ADAPTER = "muniment.access.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # there are no addresses to verify
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 10
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "muniment.access.forms.SecondFactor",
    "reauthenticate": "muniment.access.forms.SecondFactorAgain",
    "activate_totp": "muniment.access.forms.SetUpApp",
}
