"""The components of every page as template tags: `{% load i18n ui %}`.

Small ones return HTML made by `format_html` (which escapes); larger ones are templates `ui/_*.html`. Pictures
are the functions of `muniment.ui.marks`. Rules: nothing here reads a database, a clock or a request; no
inline
style, no inline script; hostile text comes out as text (tests/ui/test_hostile_text.py feeds every tag).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.forms import BoundField
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from muniment.spine import config
from muniment.ui import marks
from muniment.ui.words import digests, icons, numbers, spans, statuses, times
from muniment.ui.words import leaving as going

register = template.Library()


# --- icons and states -------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """Draw a symbol of the sprite; without a title it is decoration and screen readers pass over it.

    :raises LookupError: when the sprite has no such symbol.
    """
    if name not in icons.ICONS:
        msg = "a page asked for a symbol that the sprite does not have"
        raise LookupError(msg)
    if title:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>',
            spans.clean(title),
            icons.sprite(),
            name,
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', icons.sprite(), name)


@register.simple_tag
def status(code: str, word: str = "") -> SafeString:
    """Show a state as word, icon and colour; `word` replaces the usual word where a sentence reads better."""
    known = statuses.status_of(code)
    return badge(known.tone, known.icon, word or str(known.word))


@register.simple_tag
def badge(tone: str, icon_name: str, word: str) -> SafeString:
    """Show a word with icon and tone that is no state of ours, such as "expires in 3 days"."""
    return format_html(
        '<span class="status status--{}">{}<span>{}</span></span>',
        statuses.tone_of(tone),
        icon(icon_name),
        spans.clean(word),
    )


@register.simple_tag
def status_icon(code: str) -> SafeString:
    """Draw only the symbol of a state, for places where the word stands beside it."""
    return icon(statuses.status_of(code).icon)


@register.simple_tag
def status_word(code: str) -> str:
    """Give only the word of a state."""
    return str(statuses.status_of(code).word)


@register.simple_tag
def tone_icon(level: str) -> SafeString:
    """Draw the symbol of a tone or of a message level."""
    return icon(statuses.TONE_ICONS[statuses.tone_of(level)])


@register.filter
def tone(level: str) -> str:
    """Turn a message level into a tone."""
    return statuses.tone_of(level)


# --- words ------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def when(
    context: Context,
    value: dt.datetime | dt.date | None,
    now: dt.datetime | None = None,
    *,
    exact: bool = False,
) -> SafeString | str:
    """Say a time as people do, with the exact UTC time on hover and for machines.

    `now` is the argument, else `frame.now` or `now` of the context; without any of them, or when `exact` is
    asked, the exact time itself is shown: a page never guesses what day it is.
    """
    if value is None:
        return "–"
    if now is None:
        frame = context.get("frame") or {}
        now = frame.get("now") if isinstance(frame, Mapping) else getattr(frame, "now", None)
        now = now or context.get("now")
    words = times.exact(value) if exact or now is None else times.spoken(value, now)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', times.machine(value), times.exact(value), words
    )


@register.filter
def counted(number: int | None) -> str:
    """Write a whole number with thousands set apart."""
    return numbers.counted(number)


@register.simple_tag
def share(part: int, whole: int) -> str:
    """Say a share with its denominator."""
    return numbers.share(part, whole)


@register.filter
def duration(span: dt.timedelta | None) -> str:
    """Say how long something took."""
    return "–" if span is None else times.length(span)


@register.simple_tag
def digest(value: str, label: str = "") -> SafeString:
    """Show a digest short, whole on focus and for the clipboard; `label` names it to screen readers."""
    text = spans.clean(value or "")
    if not text:
        return format_html('<span class="muted">{}</span>', "–")
    return format_html(
        '<span class="digest" role="group" aria-label="{}"><span class="digest__text" tabindex="0">'
        '<span class="digest__short">{}</span><span class="digest__whole">{}</span></span>'
        '<button class="digest__copy" type="button" hidden data-copy="{}" data-copied="{}" '
        'data-copy-failed="{}" '
        'aria-label="{}">{}{}</button></span>',
        label or _("Digest"),
        digests.shortened(text),
        text,
        text,
        _("Copied."),
        _("The browser does not allow copying here."),
        _("Copy"),
        icon("copy"),
        icon("check"),
    )


@register.simple_tag
def marked(text: str, marks: Iterable[spans.Span] = ()) -> SafeString:
    """Mark spans (start, end, kind) of a text; everything else is escaped text."""
    return spans.marked(text, marks)


@register.simple_tag
def person(name: str, role: str = "") -> SafeString:
    """Show who, by name and role; there are no pictures of people."""
    if role:
        return format_html(
            '<span class="person">{} <span class="muted">{}</span></span>',
            spans.clean(name),
            spans.clean(role),
        )
    return format_html('<span class="person">{}</span>', spans.clean(name))


# --- components with a template ---------------------------------------------------------------------------


@register.inclusion_tag("ui/_quote.html")
def quote(
    text: str, marks: Sequence[spans.Span] = (), source: str = "", *, key: bool = False
) -> dict[str, Any]:
    """Set a quoted passage in the serif face with its marked words; `key` explains the kinds beneath."""
    held = list(marks)
    return {"words": spans.marked(text, held), "source": source, "kinds": spans.kinds_in(held) if key else []}


@register.inclusion_tag("ui/_facts.html")
def facts(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """List (term, value) pairs; a value made by another tag keeps its markup."""
    return {"pairs": [(term, "–" if value is None or value == "" else value) for term, value in pairs]}


@register.inclusion_tag("ui/_table.html")
def table(
    caption: str,
    columns: Sequence[Mapping[str, Any]],
    rows: Sequence[Any],
    *,
    cards: bool = True,
    empty: str = "",
) -> dict[str, Any]:
    """Lay out rows under columns; on narrow pages each row becomes a card, or the table scrolls in itself.

    :param columns: mappings with `label` and, optional, `number` (True sets figures right).
    :param rows: either a sequence of cells, or a mapping with `cells` and `url` (the first cell becomes the
        link).
    """
    shaped = [row if isinstance(row, Mapping) else {"cells": row} for row in rows]
    return {
        "caption": caption,
        "columns": columns,
        "rows": [
            {"url": row.get("url", ""), "cells": list(zip(columns, row["cells"], strict=True))}
            for row in shaped
        ],
        "cards": cards,
        "empty": empty,
    }


@register.inclusion_tag("ui/_compare.html")
def compare(left: str, right: str, rows: Iterable[Mapping[str, Any]], caption: str = "") -> dict[str, Any]:
    """Set two records side by side: equal fields quiet, differing ones marked, missing ones said.

    :param rows: mappings with `label`, `left`, `right` and, optional, `same` (else the two are compared) and
        `note`.
    """
    shaped = [{**row, "same": row.get("same", row.get("left") == row.get("right"))} for row in rows]
    return {"left": left, "right": right, "rows": shaped, "caption": caption or _("Compared")}


@register.inclusion_tag("ui/_chips.html")
def chips(label: str, items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Offer filters as links: mappings with `label`, `url`, `current` and, optional, `count`."""
    return {"label": label, "items": list(items)}


@register.inclusion_tag("ui/_pager.html")
def pager(previous_url: str = "", next_url: str = "", words: str = "") -> dict[str, Any]:
    """Lead to the page before and after by cursor; `words` say where one is ("14 of 61")."""
    return {"previous_url": previous_url, "next_url": next_url, "words": words}


@register.inclusion_tag("ui/_empty.html")
def empty(what: str, step: str = "", url: str = "", icon_name: str = "document") -> dict[str, Any]:
    """Say what will stand here and offer the first step."""
    return {"what": what, "step": step, "url": url, "icon_name": icon_name}


@register.inclusion_tag("ui/_timeline.html", takes_context=True)
def timeline(context: Context, entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Tell what happened in one column of time.

    :param entries: mappings with `at`, `sentence` and, optional, `who`, `body`, `tone`, `icon`, `url`,
        `digest`.
    """
    return {"entries": list(entries), "frame": context.get("frame"), "now": context.get("now")}


@register.inclusion_tag("ui/_progress.html")
def progress(words: str, done: int, whole: int) -> dict[str, Any]:
    """Show how far long work has come, with what is being done and out of how many."""
    return {"words": words, "done": done, "whole": whole, "share": numbers.share(done, whole)}


@register.inclusion_tag("ui/_field.html")
def field(bound: BoundField, help_text: str = "") -> dict[str, Any]:
    """Render a form field with label, help and error, linked so that screen readers say all three."""
    name = bound.auto_id or bound.html_name
    wants_help = help_text or bound.help_text
    described = [f"{name}-help"] if wants_help else []
    if bound.errors:
        described.append(f"{name}-error")
    attrs: dict[str, str | bool] = {}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    kind = getattr(bound.field.widget, "input_type", "textarea")
    return {
        "bound": bound,
        "name": name,
        "widget": bound.as_widget(attrs=attrs),
        "help_text": wants_help,
        "kind": kind or "textarea",
        "group": bound.field.widget.use_fieldset,
        "described": " ".join(described),
    }


# --- components round a body ------------------------------------------------------------------------------


@register.simple_block_tag
def notice(content: str, level: str = "info", title: str = "") -> SafeString:
    """Set a notice round its body; the level gives tone and icon ("refusal" says no and why)."""
    head = format_html('<p class="notice__title">{}</p>', title) if title else ""
    return format_html(
        '<div class="notice notice--{}">{}<div class="notice__body">{}{}</div></div>',
        statuses.tone_of(level),
        tone_icon(level),
        head,
        content,
    )


@register.simple_block_tag
def disclosure(content: str, summary: str, *, open: bool = False) -> SafeString:  # noqa: A002 - HTML's own word
    """Fold a body under a summary, without JavaScript."""
    return format_html(
        '<details class="disclosure"{}><summary>{}<span>{}</span></summary>'
        '<div class="disclosure__body">{}</div></details>',
        format_html(" {}", "open") if open else "",
        icon("chevron-right"),
        summary,
        content,
    )


@register.simple_block_tag
def scroll(content: str, label: str) -> SafeString:
    """Let a wide body scroll in itself, reachable by keyboard and named."""
    return format_html(
        '<div class="scroll" role="region" aria-label="{}" tabindex="0">{}</div>', label, content
    )


@register.simple_tag
def leaving() -> str:
    """Say what the settings of this installation let out of the house, or that nothing leaves it."""
    return " ".join(going.leaving(config.current()))


# --- pictures ---------------------------------------------------------------------------------------------

for picture in (
    marks.stacked_bars,
    marks.trend,
    marks.heat_map,
    marks.waterfall,
    marks.ownership,
    marks.proof_path,
    marks.checkpoints,
):
    register.simple_tag(picture)
