"""Every text colour reads on every ground, in light, dark and on paper (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import muniment.ui

STATIC = Path(muniment.ui.__file__).parent / "static" / "ui"
TEXTS = ("ink", "muted", "seal", "proven", "attention", "fault", "information")
GROUNDS = (
    "paper",
    "raised",
    "sunk",
    "seal-ground",
    "proven-ground",
    "attention-ground",
    "fault-ground",
    "information-ground",
    "quote-ground",
)


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", css))


def themes() -> dict[str, dict[str, str]]:
    light_css, dark_css = (STATIC / "tokens.css").read_text().split("@media (prefers-color-scheme: dark)")
    light = colours(light_css)
    return {
        "light": light,
        "dark": {**light, **colours(dark_css)},
        "print": {**light, **colours((STATIC / "print.css").read_text())},
    }


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_every_text_colour_reads_on_every_ground(theme: str) -> None:
    held = themes()[theme]
    weak = {
        (text, ground): round(contrast(held[text], held[ground]), 2)
        for text in TEXTS
        for ground in GROUNDS
        if contrast(held[text], held[ground]) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_the_words_on_a_primary_button_read(theme: str) -> None:
    held = themes()[theme]
    assert contrast(held["on-seal"], held["seal"]) >= 4.5
    assert contrast(held["on-seal"], held["seal-strong"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_borders_of_what_can_be_pressed_are_seen(theme: str) -> None:
    held = themes()[theme]
    assert all(contrast(held["edge"], held[ground]) >= 3 for ground in ("paper", "raised", "sunk"))


def test_every_colour_of_light_has_a_dark_twin() -> None:
    light_css, dark_css = (STATIC / "tokens.css").read_text().split("@media (prefers-color-scheme: dark)")
    assert set(colours(light_css)) == set(colours(dark_css))


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_no_colour_is_named_outside_the_tokens() -> None:
    for sheet in STATIC.glob("*.css"):
        if sheet.name in {"tokens.css", "print.css"}:
            continue
        bare = re.sub(r"#000 calc", "", sheet.read_text())  # the mask of the nav, which is no colour
        assert not re.findall(r"#[0-9a-f]{3,8}\b(?=[\s;,)])", bare), sheet.name


def test_every_token_used_is_defined() -> None:
    sheets = "".join(sheet.read_text() for sheet in STATIC.glob("*.css"))
    used = set(re.findall(r"var\(--([a-z0-9-]+)", sheets))
    defined = set(re.findall(r"--([a-z0-9-]+):", sheets))
    assert used - defined == set()


@pytest.mark.parametrize("stack", ["sans", "serif"])
def test_names_in_other_scripts_have_fonts_to_fall_back_on(stack: str) -> None:
    [fonts] = re.findall(rf"--{stack}: ([^;]+);", (STATIC / "tokens.css").read_text())
    for wanted in ("CJK SC", "Arabic"):
        assert wanted in fonts
    assert fonts.endswith("serif"), "a generic family comes last"
