"""Names the ui room to Django. The room holds looks and words only: no table, no address."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The room of pages: base templates, components, pictures."""

    name = "muniment.ui"
    label = "ui"
    verbose_name = "Pages"
