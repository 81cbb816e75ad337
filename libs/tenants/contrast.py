"""How far two colours, `#rrggbb`, stand apart, as WCAG 2.2 defines it."""

from __future__ import annotations

LEAST_CONTRAST = 3.0
"""For what is pressed, beside the paper that it lies on (criterion 1.4.11)."""


def contrast(one: str, other: str) -> float:
    """From 1 for the same luminance to 21 for black on white."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    """Relative luminance, from 0 for black to 1 for white."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def letters_on(color: str) -> str:
    """Black or white, whichever the pages put on this colour: never under 4.5:1."""
    return "#ffffff" if luminance(color) < 0.18 else "#000000"
