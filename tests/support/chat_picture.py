"""Draws a conversation with the bot as SVG: what people typed, the answers as they are, their buttons."""

import html
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from wcwidth import wcwidth

from pingmon.model.chat_messages import ChatAnswer

WIDTH, MARGIN, PADDING = 400, 10, 10
BUBBLE = 340  # px, at most
LINE, FONT = 19, 14  # px
CELL = 7.9  # px that a character takes, about
BUTTON = 30  # px, high
_PIECE = re.compile(r"<(/?)(b|code)>|([^<]+)")


class Said(NamedTuple):
    """text: HTML of an answer, plain text of a person."""

    text: str
    is_person: bool
    buttons: Sequence[Sequence[str]] = ()


class Word(NamedTuple):
    """With the space before it."""

    text: str
    style: str


def answered(answer: ChatAnswer) -> Said:
    return Said(answer.text, False, [[one.text for one in row] for row in answer.keyboard])


def typed(text: str) -> Said:
    return Said(html.escape(text, quote=False), True)


def picture(said: Iterable[Said]) -> str:
    """The SVG."""
    parts, y = list[str](), float(MARGIN)
    for one in said:
        drawn, y = _bubble(one, y)
        parts += drawn
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y:.0f}" '
        f'viewBox="0 0 {WIDTH} {y:.0f}" font-family="sans-serif" font-size="{FONT}">'
    )
    ground = f'<rect width="{WIDTH}" height="{y:.0f}" rx="8" fill="#cfdde6"/>'
    return "\n".join([head, ground, *parts, "</svg>"]) + "\n"


def _bubble(one: Said, y: float) -> tuple[list[str], float]:
    lines = [row for line in one.text.split("\n") for row in _wrapped(_words(line))]
    wide = max(sum(_width(word.text) for word in line) for line in lines)
    width = min(BUBBLE, max(wide + 2 * PADDING + 6, 250 if one.buttons else 60))
    height = len(lines) * LINE + 2 * PADDING - 4
    x = WIDTH - MARGIN - width if one.is_person else MARGIN
    fill = "#e3f7cf" if one.is_person else "#ffffff"
    parts = [
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height}" rx="10" fill="{fill}"/>'
    ]
    for number, line in enumerate(lines):
        at = y + PADDING + 12 + number * LINE
        spans = "".join(f"<tspan{word.style}>{word.text}</tspan>" for word in line)
        parts.append(f'<text x="{x + PADDING:.0f}" y="{at:.0f}" xml:space="preserve">{spans}</text>')
    y += height + 4
    for row in one.buttons:
        parts += _buttons(row, x, y, width)
        y += BUTTON + 4
    return parts, y + MARGIN - 4


def _buttons(row: Sequence[str], x: float, y: float, width: float) -> Iterable[str]:
    each = (width - 4 * (len(row) - 1)) / len(row)
    for number, text in enumerate(row):
        left = x + number * (each + 4)
        yield (
            f'<rect x="{left:.0f}" y="{y:.0f}" width="{each:.0f}" height="{BUTTON}" rx="6" '
            'fill="#8fb3c7"/>'
        )
        yield (
            f'<text x="{left + each / 2:.0f}" y="{y + 20:.0f}" text-anchor="middle" fill="#ffffff">'
            f"{html.escape(text)}</text>"
        )


def _words(line: str) -> list[Word]:
    """Pieces between which a line may be broken."""
    found, styles = list[Word](), list[str]()
    for closes, tag, text in _PIECE.findall(line):
        if tag:
            styles = styles[:-1] if closes else [*styles, tag]
            continue
        style = ' font-weight="bold"' if "b" in styles else ""
        style += ' font-family="monospace" font-size="12"' if "code" in styles else ""
        found += [Word(one, style) for one in re.findall(r"\s*\S+\s*$|\s*\S+", text)]
    return found


def _wrapped(words: Sequence[Word]) -> Iterable[list[Word]]:
    line, width = list[Word](), 0.0
    for word in words:
        if line and width + _width(word.text) > BUBBLE - 2 * PADDING:
            yield line
            line, width = [], 0.0
            word = word._replace(text=word.text.lstrip())
        line.append(word)
        width += _width(word.text)
    yield line


def _width(text: str) -> float:
    return CELL * sum(max(0, wcwidth(one)) for one in html.unescape(text))
