"""Gives the tests of the ui room a way to render; Django itself is set up by the whole suite's settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.ui.gallery import render_text

Render = Callable[..., str]


@pytest.fixture
def render() -> Render:
    """Render a template text with `{% load i18n ui %}` already done."""
    return render_text
