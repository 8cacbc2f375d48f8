"""Commands are understood as people and their phones type them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pingmon.chat.command_line import SPELLINGS, command_name, parse_command
from pingmon.chat.registry import COMMANDS
from pingmon.chat.typed_text import bare_end, folded, plain


@pytest.mark.parametrize(
    ("text", "name", "bot", "arguments"),
    [
        ("/list", "list", "", ""),
        ("/LIST", "list", "", ""),
        (" /list ", "list", "", ""),
        ("/list.", "list", "", ""),
        ("/list@ping_bot", "list", "ping_bot", ""),
        ("/list@ping_bot down", "list", "ping_bot", "down"),
        ("/mute printer 2h", "mute", "", "printer 2h"),
        ("/mute\u3000printer\u00a0 2h", "mute", "", "printer 2h"),
        ("\uff0f\uff4c\uff49\uff53\uff54", "list", "", ""),
        ("/mute\nprinter\n2h", "mute", "", "printer 2h"),
        ("/\u200blist\u200e", "list", "", ""),
        ("/ list", "list", "", ""),
        ("/список", "list", "", ""),
        ("/Список", "list", "", ""),
        ("/все", "list", "", ""),
        ("/тихо принтер 2ч", "mute", "", "принтер 2ч"),
        ("/удалить принтер", "stop", "", "принтер"),
        ("/удали@ping_bot принтер", "stop", "ping_bot", "принтер"),
        ("/ПОМОЩЬ", "help", "", ""),
        ("/взял еду", "ack", "", "еду"),
    ],
)
def test_a_command_is_known_in_each_spelling(text: str, name: str, bot: str, arguments: str) -> None:
    line = parse_command(text)
    assert line is not None
    assert (line.name, line.bot, line.arguments, line.is_guess) == (name, bot, arguments, False)


@pytest.mark.parametrize("text", ["list", "", "/", "//list", "hello /list", "/-list", "@ping_bot /list"])
def test_other_text_is_no_command(text: str) -> None:
    assert parse_command(text) is None


@pytest.mark.parametrize(("text", "name"), [("/lsit", "list"), ("/statsu", "status"), ("/хелпп", "help")])
def test_a_misspelled_command_is_a_guess(text: str, name: str) -> None:
    line = parse_command(text)
    assert line is not None and (line.name, line.is_guess) == (name, True)


def test_what_is_like_no_command_is_none_of_ours() -> None:
    line = parse_command("/weather Berlin")
    assert line is not None and (line.name, line.given) == ("", "weather")


def test_each_command_has_spellings_in_both_languages_and_none_means_two() -> None:
    assert SPELLINGS.keys() == COMMANDS.keys()
    every = [folded(one) for name, others in SPELLINGS.items() for one in (name, *others)]
    assert len(set(every)) == len(every)
    assert all(command_name(one) for one in every)


@given(st.text())
@example("/" + "a" * 5000)
@example("/\ud800")
def test_any_text_is_taken_apart(text: str) -> None:
    line = parse_command(text)
    assert line is None or "\n" not in line.arguments
    assert plain(plain(text)) == plain(text)
    assert bare_end(bare_end(text)) == bare_end(text) or text


@given(
    st.sampled_from([one for its in SPELLINGS.values() for one in its]), st.sampled_from(["", "!", "."])
)
def test_spellings_stand_whatever_follows_them(spelling: str, end: str) -> None:
    line = parse_command(f"/{spelling.upper()}{end} x")
    assert line is not None and line.name == command_name(spelling) and line.arguments == "x"
