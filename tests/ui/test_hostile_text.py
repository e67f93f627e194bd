"""Every tag is fed text that wants to be markup; it must come out as text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from lxml import html

HOSTILE = "'\"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7|add:7 }}{% debug %}&amp;"
NOW = dt.datetime(2026, 3, 12, 14, 5, tzinfo=dt.UTC)


class Hostile(forms.Form):
    """A form whose every word is hostile."""

    word = forms.CharField(label=HOSTILE, help_text=HOSTILE, max_length=3)
    pick = forms.ChoiceField(
        label=HOSTILE, choices=[(HOSTILE, HOSTILE)], widget=forms.RadioSelect, help_text=HOSTILE
    )


TAGS = [
    '{% icon "check" h %}',
    '{% status "conflict" h %}',
    "{% badge h 'check' h %}",
    "{{ h|tone }}",
    "{% tone_icon h %}",
    "{% digest h %}",
    "{% digest h h %}",
    "{% marked h spans %}",
    "{% quote h spans h key=True %}",
    "{% person h %}",
    "{% person h h %}",
    "{% facts pairs %}",
    "{% table h columns rows %}",
    "{% table h columns none empty=h %}",
    "{% compare h h records caption=h %}",
    "{% chips h items %}",
    "{% pager h h h %}",
    "{% empty h h h %}",
    "{% empty h h %}",
    "{% timeline events %}",
    "{% progress h 1 3 %}",
    "{% field form.word h %}",
    "{% field form.word %}",
    "{% field form.pick %}",
    "{% notice h h %}{{ h }}{% endnotice %}",
    "{% disclosure h %}{{ h }}{% enddisclosure %}",
    "{% scroll h %}{{ h }}{% endscroll %}",
    "{% include 'ui/_messages.html' %}",
    "{% include 'ui/_problem.html' %}",
    "{% include 'ui/_frame.html' %}",
]


def context() -> dict[str, Any]:
    form = Hostile(data={"word": HOSTILE, "pick": "no"})
    part = {"label": HOSTILE, "url": HOSTILE, "count": 3, "name": HOSTILE}
    return {
        "h": HOSTILE,
        "spans": [(0, 9, HOSTILE), (4, 30, "must")],
        "pairs": [(HOSTILE, HOSTILE)],
        "columns": [{"label": HOSTILE}, {"label": HOSTILE, "number": True}],
        "rows": [{"cells": [HOSTILE, HOSTILE], "url": HOSTILE}, [HOSTILE, 3]],
        "none": [],
        "records": [
            {"label": HOSTILE, "left": HOSTILE, "right": "x", "note": HOSTILE},
            {"label": "b", "left": HOSTILE, "right": HOSTILE},
        ],
        "items": [part],
        "events": [
            {
                "at": NOW,
                "sentence": HOSTILE,
                "who": HOSTILE,
                "body": HOSTILE,
                "tone": HOSTILE,
                "url": HOSTILE,
                "digest": HOSTILE,
            }
        ],
        "form": form,
        "messages": [{"level_tag": HOSTILE}],
        "problem": dict.fromkeys(["title", "what", "todo", "where", "request_id", "back_url"], HOSTILE),
        "frame": {
            "tenant_name": HOSTILE,
            "person_name": HOSTILE,
            "role": HOSTILE,
            "now": NOW,
            "search_url": "/s",
            "search_text": HOSTILE,
            "tenants": [part],
            "nav": [part],
            "person_menu": [part],
            "ledger": {"size": 1, "checkpoint_at": NOW, "state": "proven", "sentence": HOSTILE},
        },
    }


@pytest.mark.parametrize("tag", TAGS)
def test_hostile_text_comes_out_as_text(render: Callable[..., str], tag: str) -> None:
    markup = render(tag, **context())
    tree = html.fromstring(f"<div>{markup}</div>")
    assert not list(tree.iter("script", "img", "iframe", "object"))
    assert not [
        key for element in tree.iter() for key in element.attrib if key.startswith("on") or key == "style"
    ]
    assert "14" not in tree.text_content().replace("14:05", "").replace("14:", "")


def test_the_test_above_would_see_a_tag_that_does_not_escape(render: Callable[..., str]) -> None:
    tree = html.fromstring(f"<div>{render('{{ h|safe }}', h=HOSTILE)}</div>")
    assert list(tree.iter("script"))
