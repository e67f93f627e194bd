"""Lets the ui room be tested alone: Django with nothing but static files, htmx and this room.

When the whole house is tested, the site's settings stand already and these are not used.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import django
import pytest
from django.apps import apps
from django.conf import settings

if not settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
    settings.configure(
        INSTALLED_APPS=["django.contrib.staticfiles", "django_htmx", "muniment.ui"],
        STATIC_URL="/static/",
        USE_TZ=True,
        TIME_ZONE="UTC",
        LANGUAGE_CODE="en-gb",
        SECRET_KEY="only for tests of looks",
    )
if not apps.ready:
    django.setup()

from gallery import render_text

Render = Callable[..., str]


@pytest.fixture
def render() -> Render:
    """Render a template text with `{% load i18n ui %}` already done."""
    return render_text
