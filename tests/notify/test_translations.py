"""Translations are whole, compiled, and grammatical."""

import gettext
import io
import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from pingmon.notify import translation
from pingmon.notify.digest import compose
from pingmon.notify.message_text import render
from pingmon.notify.translation import LANGUAGES, Translation

NOTIFY = Path(translation.__file__).parent
KEYWORDS = {"_": None, "gettext": None, "many": (1, 2), "ngettext": (1, 2)}
EVENT = {"after": "down", "name": "", "address": "10.0.0.1", "reason": "no reply", "lasted": 7500.0}
EVENT |= {"at": 0.0, "decided_at": 0.0}


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_every_string_is_translated_with_its_fields_and_compiled(language: str) -> None:
    folder = NOTIFY / "locale" / language / "LC_MESSAGES"
    with (folder / "pingmon.po").open("rb") as file:
        catalog = read_po(file, language)
    used = {found[2] for found in extract_from_dir(NOTIFY, keywords=KEYWORDS)}
    assert len(used) > 20
    for wanted in used:
        single = wanted if isinstance(wanted, str) else wanted[0]
        message = catalog.get(single)
        assert message is not None, f"not in the catalogue: {single}"
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(said), f"not translated: {single}"
        assert all(fields(str(one)) == fields(single) for one in said), single
        if not isinstance(wanted, str):
            assert len(said) == catalog.num_plurals
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    with (folder / "pingmon.mo").open("rb") as file:
        shipped, fresh = gettext.GNUTranslations(file), gettext.GNUTranslations(compiled)
    for wanted in used:
        if isinstance(wanted, str):
            assert shipped.gettext(wanted) == fresh.gettext(wanted), "run make translations"
        else:
            for count in (1, 2, 5):
                both = [one.ngettext(wanted[0], wanted[1], count) for one in (shipped, fresh)]
                assert both[0] == both[1], "run make translations"


def test_russian_plurals_and_times_in_the_zone_that_was_asked_for() -> None:
    russian = Translation("ru", "Europe/Moscow")
    heads = []
    for count in (2, 5, 21):
        waiting = [(n, str(n), EVENT | {"address": f"10.0.0.{n}"}) for n in range(count)]
        heads.append(compose(waiting, 1.0, russian)[0].text.splitlines()[0])
    assert heads == [
        "<b>2 устройства не отвечают</b>",
        "<b>5 устройств не отвечают</b>",
        "<b>21 устройство не отвечает</b>",
    ]
    text = render(EVENT, 1.0, russian)
    assert "03:00:00 MSK" in text and "2 ч 5 мин" in text and "нет ответа" in text
