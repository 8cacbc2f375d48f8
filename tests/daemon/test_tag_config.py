"""[tags.TAG] of the configuration: what is taken, and what is refused, each in one line."""

from pathlib import Path

import pytest

from pingmon.daemon import config


def load(tmp_path: Path, text: str) -> config.Config:
    file = tmp_path / "pingmon.toml"
    file.write_text(text)
    return config.load([f"--config={file}"])


def test_settings_are_taken_as_monitors_have_them(tmp_path: Path) -> None:
    text = (
        '[tags."site=berlin"]\ninterval = 30\nfalse_alarms = "1/month"\nquiet = false\n[tags.printer]\n'
    )
    found = load(tmp_path, text + 'quiet_hours = " 22:00-07:00 "\nmay_be_off = true\n').tags
    assert found == {
        "site=berlin": {"interval": 30, "false_alarms": 12.0, "quiet": False},
        "printer": {"quiet_hours": "22:00-07:00", "may_be_off": True},
    }
    assert load(tmp_path, "").tags == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[tags."two words"]\ninterval = 1', "tags.two words: 'two words' is not a tag"),
        ("[tags.a]\nintervall = 1", "tags.a.intervall: no such setting; did you mean interval?"),
        ('[tags.a]\nparent = "x"', "tags.a.parent: no such setting"),
        ('[tags.a]\ninterval = "1"', "tags.a.interval: '1' is not a number"),
        ("[tags.a]\ninterval = 0", "tags.a.interval: interval must be 0.2 to 3600 seconds, not 0"),
        ('[tags.a]\nlanguage = "xx"', "tags.a.language: 'xx' is none of en, ru"),
        ('[tags.a]\nfalse_alarms = "often"', "tags.a.false_alarms: 'often' is not a rate"),
        (
            "[tags.a]\ndown_after = 3\nmax_delay = 60",
            "tags.a.max_delay: down_after and max_delay exclude",
        ),
        ('[tags.a]\nquiet_hours = "late"', "tags.a.quiet_hours: "),
        ('[tags.a]\nescalation = "night"', "tags.a.escalation: there is no [escalation.night]"),
        ("[tags.a]", "tags.a: "),
        ("tags = 1", "tags: "),
        ('[tags."B\u00fcro"]\nquiet = true\n[tags."Bu\u0308ro"]\nquiet = true', "is there twice"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(config.ConfigError) as refused:
        load(tmp_path, text)
    (line,) = str(refused.value).splitlines()
    assert words in line
