"""The pages of public sources: lists, snapshots, and acts to read, on law of our own and on the real one."""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise

import pytest
from tests.scans.duties.written import written_act

from muniment.sources import actions, queries, rules
from muniment.sources.formats import oj_xhtml
from muniment.spine.scope import tenant_scope

ACT = written_act(
    """
## 1 Scope
1. This Regulation applies to <b>lanterns</b> & candles.
## 2 Duties of keepers
1. The controller shall keep a lantern in each window.
(a) in winter;
(b) in summer.
"""
)
AI_ACT = "regulatory/eu-lex-corpus/works/32024r1689/versions/2024-06-13--*/en.xml"


def words_of(page) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


@pytest.fixture
def act(db, operator):
    origin = actions.Origin(
        key="39999R0001", version="OJ:2030-02-01", publisher="Town Council", authenticity="invented"
    )
    return actions.take_in(operator, [actions.File("act.xml", b"as it came")], ACT, origin)


def test_an_empty_installation_says_what_will_stand_here(client_as, ada):
    page = client_as(ada).get("/sources/")
    assert "Acts will stand here" in words_of(page)
    assert "Lists will stand here" in words_of(page)


def test_the_list_names_publisher_version_standing_and_counts(client_as, ada, act):
    words = words_of(client_as(ada).get("/sources/"))
    for part in (
        "1 act",
        "39999R0001",
        "published 1 Feb 2030",
        "Town Council",
        "Invented, for show",
        act.sha256,
    ):
        assert part in words


def test_a_snapshot_shows_its_files_and_what_was_counted(client_as, ada, act):
    words = words_of(client_as(ada).get(f"/sources/{act.id}/"))
    for part in (
        "act.xml",
        "1 file, as it came",
        "Articles 2",
        "Numbered paragraphs 2",
        "No authority published it",
    ):
        assert part in words


def test_every_word_of_an_act_is_shown_once_and_as_text(client_as, ada, act):
    page = client_as(ada).get(f"/sources/{act.id}/act/").content.decode()
    body = unescape(re.sub(r"<[^>]+>", "", page[page.index("<article") : page.index("</article>")]))
    shown = [line.strip().removeprefix("§") for line in body.splitlines()]
    wanted = [line.strip() for line in ACT.text.split("\n")]
    assert [line for line in shown if line][: len(wanted)] == wanted
    assert "<b>lanterns" not in page


def test_the_panel_gives_name_alias_and_digests_of_the_chosen_words(client_as, ada, act):
    words = words_of(client_as(ada).get(f"/sources/{act.id}/act/?at=art_2.par_1.pnt_b"))
    with tenant_scope(ada.tenant):
        row = queries.provision(act, "art_2.par_1.pnt_b")
    for part in (
        "Art. 2(1)(b)",
        "eu:39999R0001@OJ:2030-02-01/en#art_2.par_1.pnt_b",
        "art_2__para_1__point_b",
        row.verbatim_sha256,
        row.canonical_sha256,
        "The text shown has this digest",
    ):
        assert part in words


def test_a_span_that_a_finding_points_at_is_marked(client_as, ada, act):
    start = ACT.text.index("keep a lantern")
    page = client_as(ada).get(f"/sources/{act.id}/act/?start={start}&end={start + 14}").content.decode()
    assert '<mark class="m-quote">keep a lantern</mark>' in page


def test_headings_and_numbers_are_found(client_as, ada, act):
    found = client_as(ada).get(f"/sources/{act.id}/act/?q=DUTIES")
    assert "1 place" in words_of(found)
    assert "?at=art_2#art_2" in found.content.decode()
    assert "1 place" in words_of(client_as(ada).get(f"/sources/{act.id}/act/?q=article 1"))
    assert "No heading has these words" in words_of(client_as(ada).get(f"/sources/{act.id}/act/?q=zebra"))


@pytest.mark.parametrize(
    "query",
    [
        "start=x",
        "start=-1",
        "end=99999999999",
        "at=" + "a" * 121,
        "q=" + "a" * 201,
        "at=art%001",
        "q=%00",
    ],
)
def test_an_address_that_cannot_be_read_is_refused(client_as, ada, act, query):
    assert client_as(ada).get(f"/sources/{act.id}/act/?{query}").status_code == 422


def test_what_is_not_there_is_absent(client_as, ada, act):
    browser = client_as(ada)
    nothing = "00000000-0000-4000-8000-000000000000"
    for path in (f"/sources/{nothing}/", f"/sources/{nothing}/act/", f"/sources/{act.id}/act/?at=art_9"):
        assert browser.get(path).status_code == 404


def test_the_ai_act_is_read_in_pages_that_follow_each_other_without_a_hole(
    db, operator, ada, client_as, shared
):
    [path] = shared.glob(AI_ACT)
    parsed = oj_xhtml.parse(path.read_bytes(), celex="32024R1689")
    origin = actions.Origin(key="32024R1689", version="OJ:2024-07-12", publisher="x", authenticity="official")
    act = actions.take_in(operator, [actions.File("en.xml", path.read_bytes())], parsed, origin)
    with tenant_scope(ada.tenant):
        leaves = queries.leaves(act)
    assert (leaves[0].start, leaves[-1].end) == (0, len(parsed.text))
    assert all(left.end == right.start for left, right in pairwise(leaves))
    assert max(leaf.end - leaf.start for leaf in leaves) < rules.LONGEST_LEAF * 1.25
    page = client_as(ada).get(f"/sources/{act.id}/act/?at=art_26.par_6")
    assert 'id="art_26.par_6"' in page.content.decode()
    assert "Art. 26(6)" in words_of(page)
    assert len(page.content) < 150_000
