"""Components say what they must: to eyes, to screen readers and to the clipboard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django import forms
from django.template import TemplateSyntaxError
from lxml import html
from tests.ui.gallery import PAGES, render_page
from tests.ui.sample import DIGEST, NOW, Upload, frame

Render = Callable[..., str]


def tree(markup: str) -> html.HtmlElement:
    return html.fromstring(f"<div>{markup}</div>")


def test_a_state_is_word_and_icon_and_colour(render: Render) -> None:
    shown = tree(render('{% status "conflict" %}'))
    assert shown.text_content() == "Conflict found"
    assert shown.find(".//use").get("href").endswith("icons.svg#cross")
    assert "status--fault" in shown.find("span").get("class")


def test_an_unknown_state_or_symbol_is_our_own_bug(render: Render) -> None:
    for text in ('{% status "nonsense" %}', '{% icon "nonsense" %}'):
        with pytest.raises(LookupError):
            render(text)


def test_a_digest_is_short_to_the_eye_and_whole_to_the_clipboard(render: Render) -> None:
    shown = tree(render("{% digest value %}", value=DIGEST))
    assert shown.find_class("digest__short")[0].text == f"{DIGEST[:8]}…{DIGEST[-4:]}"
    assert shown.find_class("digest__whole")[0].text == DIGEST
    button = shown.find(".//button")
    assert button.get("data-copy") == DIGEST
    assert button.get("hidden") is not None, "without JavaScript a copy button would do nothing"


def test_a_missing_digest_and_a_missing_time_are_a_dash(render: Render) -> None:
    assert tree(render('{% digest "" %}')).text_content() == "–"
    assert render("{% when nothing %}", nothing=None) == "–"


def test_a_time_is_spoken_with_the_exact_one_on_hover(render: Render) -> None:
    shown = tree(render("{% when at %}", at=NOW - dt.timedelta(days=1), frame={"now": NOW})).find("time")
    assert shown.text == "yesterday 14:05"
    assert shown.get("title") == "2026-03-11 14:05:00 UTC"
    assert shown.get("datetime") == "2026-03-11T14:05:00Z"


def test_a_page_that_does_not_know_the_day_shows_the_exact_time(render: Render) -> None:
    assert tree(render("{% when at %}", at=NOW)).text_content() == "2026-03-12 14:05:00 UTC"
    assert tree(render("{% when at now %}", at=NOW, now=NOW)).text_content() == "today 14:05"
    assert (
        tree(render("{% when at exact=True %}", at=NOW, now=NOW)).text_content() == "2026-03-12 14:05:00 UTC"
    )


@pytest.mark.parametrize("name", list(Upload.base_fields))
@pytest.mark.parametrize("data", [None, {"title": ""}])
def test_label_help_and_error_belong_to_the_field(
    render: Render, name: str, data: dict[str, str] | None
) -> None:
    form = Upload(data=data)
    shown = tree(render("{% field bound %}", bound=form[name]))
    ids = {element.get("id") for element in shown.iter() if element.get("id")}
    holder = (
        shown.find(".//fieldset") if name == "basis" else shown.xpath(".//input|.//select|.//textarea")[0]
    )
    described = set((holder.get("aria-describedby") or "").split())
    assert described <= ids
    assert (f"id_{name}-error" in described) == bool(form[name].errors)
    assert (f"id_{name}-help" in described) == bool(form[name].help_text)
    if name != "basis":
        assert shown.find(".//label").get("for") == holder.get("id")
    if form[name].errors and name != "basis":
        assert holder.get("aria-invalid") == "true"


def test_a_hidden_field_has_no_label(render: Render) -> None:
    class Hidden(forms.Form):
        token = forms.CharField(widget=forms.HiddenInput)

    shown = tree(render("{% field form.token %}", form=Hidden()))
    assert shown.find(".//label") is None
    assert shown.find(".//input").get("type") == "hidden"


def test_a_table_labels_its_cells_for_narrow_pages_and_links_its_rows(render: Render) -> None:
    shown = tree(
        render(
            '{% table "Findings" columns rows %}',
            columns=[{"label": "Finding"}, {"label": "Documents", "number": True}],
            rows=[{"url": "/f", "cells": ["Art. 19", 0]}, ["Art. 20", 2]],
        )
    )
    assert [cell.get("data-label") for cell in shown.iter("td")][:2] == ["Finding", "Documents"]
    assert shown.find(".//a").get("href") == "/f"
    assert shown.xpath(".//td")[1].text_content() == "0", "nought is a figure, not nothing"
    assert shown.find(".//caption").text == "Findings"


def test_facts_keep_nought_and_dash_what_is_missing(render: Render) -> None:
    shown = tree(render("{% facts pairs %}", pairs=[("a", 0), ("b", None), ("c", "")]))
    assert [cell.text_content() for cell in shown.iter("dd")] == ["0", "–", "–"]


def test_compared_fields_mark_only_what_differs(render: Render) -> None:
    rows = [
        {"label": "a", "left": "x", "right": "x"},
        {"label": "b", "left": "x", "right": "y"},
        {"label": "c", "left": "", "right": "z"},
    ]
    shown = tree(render('{% compare "L" "R" rows %}', rows=rows))
    assert [mark.text for mark in shown.iter("mark")] == ["x", "y", "z"]
    assert "not given" in shown.text_content()


def test_the_pager_says_where_one_is_and_does_not_link_to_nowhere(render: Render) -> None:
    shown = tree(render('{% pager "" "/n" "1 of 2" %}'))
    assert [link.get("rel") for link in shown.iter("a")] == ["next"]
    assert "1 of 2" in shown.text_content()


def test_a_tag_with_a_body_needs_its_end(render: Render) -> None:
    with pytest.raises(TemplateSyntaxError):
        render('{% notice "info" %}')


@pytest.mark.parametrize("name", PAGES)
def test_identifiers_are_unique_on_every_page(name: str) -> None:
    ids = [element.get("id") for element in html.fromstring(render_page(name)).iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_the_frame_says_who_where_and_how_the_ledger_stands(render: Render) -> None:
    shown = tree(render('{% include "ui/_frame.html" %}', frame=frame("fault")))
    words = " ".join(shown.text_content().split())
    for part in (
        "Example Pay Europe S.A.",
        "Olga Officer",
        "Compliance officer",
        "4,812",
        "today 14:02",
        "Fault",
    ):
        assert part in words
    assert "is-fault" in shown.get_element_by_id("ledger-head").get("class")
    assert [link.text.strip() for link in shown.iter("a") if link.get("aria-current") == "page"] == ["Scans"]


def test_a_page_without_a_frame_still_stands(render: Render) -> None:
    assert "<main" in render('{% include "ui/base.html" %}')


def test_signing_out_is_a_form_and_no_link(render: Render) -> None:
    shown = tree(render('{% include "ui/_frame.html" %}', frame=frame()))
    assert [form.get("action") for form in shown.iter("form") if form.get("method") == "post"] == ["/out"]


def test_an_error_page_says_what_happened_what_to_do_and_its_number() -> None:
    words = html.fromstring(render_page("problem")).text_content()
    for part in (
        "This cannot be read",
        "yesterday it had 18,310",
        "Compare it with",
        "line 1204",
        "0f3c2a9e-71d4",
    ):
        assert part in words


def test_htmx_is_told_to_stay_within_the_policy() -> None:
    page = html.fromstring(render_page("home"))
    config = page.xpath('//meta[@name="htmx-config"]/@content')[0]
    assert '"includeIndicatorStyles":false' in config
    assert '"allowEval":false' in config
    assert all(script.get("src") and not script.text for script in page.iter("script"))
