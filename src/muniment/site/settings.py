"""Translates Muniment's settings into Django's. Holds no decision that is not about Django."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from muniment.spine import config

HERE = Path(__file__).resolve().parent
_installation = config.current()


def _database() -> dict[str, Any]:
    if not _installation.on_postgres:
        return {
            "ENGINE": "muniment.spine.backends.sqlcipher",
            "NAME": str(_installation.database_file),
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
            "CONN_MAX_AGE": None,
        }
    address = urlsplit(_installation.database)
    return {
        "ENGINE": "muniment.spine.backends.postgres",
        "NAME": unquote(address.path.lstrip("/")),
        "USER": unquote(address.username or ""),
        "PASSWORD": unquote(address.password or ""),
        "HOST": address.hostname or "",
        "PORT": str(address.port or 5432),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


DATABASES = {"default": _database()}
DEBUG = _installation.debug
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = True
ROOT_URLCONF = "muniment.site.urls"
ASGI_APPLICATION = "muniment.site.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.Person"
SILENCED_SYSTEM_CHECKS = [
    "auth.E003",  # USERNAME_FIELD is the primary key: people are found by a keyed index, not by a name in the clear
]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_tasks",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "muniment.spine",
    "muniment.ui",
    "muniment.ledger",
    "muniment.tenants",
    "muniment.access",
    "muniment.vault",
    "muniment.sources",
    "muniment.counterparties",
    "muniment.scans",
    "muniment.screening",
    "muniment.cases",
    "muniment.packs",
    "muniment.ops",
]
TASKS = {"default": {"BACKEND": "muniment.spine.jobs.LeaseBackend", "QUEUES": ["default"]}}
SECRET_KEY_FALLBACKS: list[str] = []
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
STATIC_URL = "/static/"
SECRET_KEY = "x"

ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
