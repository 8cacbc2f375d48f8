"""Translations are whole, compiled, and grammatical."""

import gettext
import io
import re
import string
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from pingmon.model.detector_state import TOO_FEW
from pingmon.model.evidence import NO_WORD
from pingmon.notify import translation
from pingmon.notify.digest import compose
from pingmon.notify.message_text import render, render_notice, render_trial
from pingmon.notify.reason_words import reason_words
from pingmon.notify.translation import LANGUAGES, Translation

NOTIFY = Path(translation.__file__).parent
FOLDERS = (NOTIFY, NOTIFY.parent / "chat")  # whose texts people read
KEYWORDS = {"_": None, "gettext": None, "many": (1, 2), "ngettext": (1, 2), "plural": (1, 2)}
EVENT = {"after": "down", "name": "", "address": "10.0.0.1", "reason": "no reply", "lasted": 7500.0}
EVENT |= {"at": 0.0, "decided_at": 0.0}


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_every_string_is_translated_with_its_fields_and_compiled(language: str) -> None:
    folder = NOTIFY / "locale" / language / "LC_MESSAGES"
    with (folder / "pingmon.po").open("rb") as file:
        catalog = read_po(file, language)
    used = {found[2] for folder in FOLDERS for found in extract_from_dir(folder, keywords=KEYWORDS)}
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


CYRILLIC = re.compile(r"[\u0400-\u04ff]")
RUSSIAN = Translation("ru")


@pytest.mark.parametrize("name", ["", "printer"])
def test_the_message_of_test_mon_is_in_the_language_of_its_chat(name: str) -> None:
    about = {"name": name, "address": "10.0.0.1"}
    assert "10.0.0.1" in render_trial(about, RUSSIAN) and CYRILLIC.search(render_trial(about, RUSSIAN))
    assert render_trial(about).startswith("pingmon: a test for <b>")


SUSPENDED = {"text": "x", "bot": "ping_bot", "reason": "403 Forbidden: bot was blocked by the user"}


@pytest.mark.parametrize(
    ("event", "english"),
    [
        (SUSPENDED | {"addresses": ["1001"], "chats": 1}, "nothing reaches chat 1001 by ping_bot: 403"),
        (
            SUSPENDED | {"addresses": ["1", "2", "3"], "chats": 5},
            "nothing reaches 5 chats (1, 2, 3 …) by ping_bot: 403",
        ),
        ({"text": "x", "waiting": 5, "seconds": 1200}, "5 messages wait, the oldest for 20 min"),
    ],
)
def test_what_the_operator_is_told_is_in_his_language(event: dict[str, Any], english: str) -> None:
    event = event | {"kind": "operator", "decided_at": 0.0}
    assert english in render_notice(event)
    shown = render_notice(event, RUSSIAN)
    assert CYRILLIC.search(shown) and event.get("reason", "") in shown


def test_what_an_older_version_queued_for_the_operator_is_told_as_it_is() -> None:
    assert "⚠️ old words" in render_notice({"kind": "operator", "text": "old words", "decided_at": 0.0})


OWN_REASONS = (
    "no reply", NO_WORD, TOO_FEW, "no route", "no carrier on eth0", "eth0 is down", "eth0 is gone",
    "nothing answers by eth0", "nothing answers by eth0 via 10.0.0.1", "behind the router",
    "the machine was suspended", "pingmon was late or lost packets itself",
)  # fmt: skip


@pytest.mark.parametrize("reason", OWN_REASONS)
def test_reasons_of_our_own_are_translated(reason: str) -> None:
    assert reason_words(reason, Translation()) == reason
    assert CYRILLIC.search(reason_words(reason, RUSSIAN))


def test_the_words_of_an_rfc_or_of_the_kernel_stay_as_they_are() -> None:
    of_rfc = "administratively prohibited (from 10.0.0.1)"
    assert reason_words(of_rfc, RUSSIAN) == of_rfc
    assert "No buffer space" in reason_words("could not send: No buffer space", RUSSIAN)
