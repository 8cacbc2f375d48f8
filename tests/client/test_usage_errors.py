"""A typing error is answered in one line that names it and the nearest right name."""

import pytest

from tests.client.test_commands import ctl

WRONG = {
    "lst-mon": ("unknown command lst-mon; did you mean list-mon?", "pingmonctl --help"),
    "ls": ("unknown command ls; did you mean list-mon?", "pingmonctl --help"),
    "list": ("unknown command list; did you mean list-mon?", "pingmonctl --help"),
    "rm printer": ("unknown command rm; did you mean del-mon?", "pingmonctl --help"),
    "remove printer": ("unknown command remove; did you mean del-mon?", "pingmonctl --help"),
    "del printer": ("unknown command del; did you mean del-mon?", "pingmonctl --help"),
    "show printer": ("unknown command show; did you mean show-mon?", "pingmonctl --help"),
    "create": ("unknown command create; did you mean add-mon?", "pingmonctl --help"),
    "frobnicate": ("unknown command frobnicate", "pingmonctl --help"),
    "add-mon --ip_adress 10.0.0.1": (
        "unknown option --ip_adress; did you mean --ip_address?",
        "pingmonctl add-mon --help",
    ),
    "add-mon --ip-adress=10.0.0.1": (
        "unknown option --ip-adress; did you mean --ip_address?",
        "pingmonctl add-mon --help",
    ),
    "add-mon --ip 10.0.0.1": (
        "unknown option --ip; did you mean --ip_address?",
        "pingmonctl add-mon --help",
    ),
    "edit-mon printer --interval 5s": (
        "--interval: '5s' is not a number; give seconds, as in 5",
        "pingmonctl edit-mon --help",
    ),
    "add": ("unknown command add; did you mean add-mon?", "pingmonctl --help"),
    "list-mon --stat up": (
        "unknown option --stat; did you mean --state?",
        "pingmonctl list-mon --help",
    ),
    "list-mon --state dwn": (
        "--state: unknown value 'dwn'; did you mean down?",
        "pingmonctl list-mon --help",
    ),
    "list-mon --state up --state down": (
        "--state is given twice; it takes one value",
        "pingmonctl list-mon --help",
    ),
    "-o json list-mon --output table": (
        "--output is given twice; it takes one value",
        "pingmonctl list-mon --help",
    ),
    "list-mon --state": ("--state needs a value", "pingmonctl list-mon --help"),
    "list-mon printer": ("unexpected printer", "pingmonctl list-mon --help"),
    "list-mon --columns state,size": (
        "--columns: there is no column 'size'",
        "pingmonctl list-mon --help",
    ),
    "add-mon": ("--ip_address and --chat_id are missing", "pingmonctl add-mon --help"),
    "add-mon --ip_address 10.0.0.1": ("--webhook or --apprise is missing", "pingmonctl add-mon --help"),
    "add-mon --tag a": ("--ip_address, --host or --url is missing", "pingmonctl add-mon --help"),
    "add-mon --group=a": ("--ip_address, --host or --url is missing", "pingmonctl add-mon --help"),
    "add-mon --ip_address 10.0.0.1 --chat_id -1002": (
        "a token is required",
        "pingmonctl add-mon --help",
    ),
    "edit-mon printer --interval often": (
        "--interval: 'often' is not a number",
        "pingmonctl edit-mon --help",
    ),
    "edit-mon printer --interval nan": (
        "--interval: 'nan' is not a number",
        "pingmonctl edit-mon --help",
    ),
    "edit-mon printer --interval 1_0": (
        "--interval: '1_0' is not a number",
        "pingmonctl edit-mon --help",
    ),
    "edit-mon printer --interval \uff15": (
        "--interval: '\uff15' is not a number",
        "pingmonctl edit-mon --help",
    ),
    "edit-mon printer --up_after 1.5": (
        "--up_after: '1.5' is not a whole number",
        "pingmonctl edit-mon --help",
    ),
    "edit-mon printer --unset intervall": (
        "--unset: unknown value 'intervall'; did you mean interval?",
        "pingmonctl edit-mon --help",
    ),
    "edit-mon printer": ("say what to change", "pingmonctl edit-mon --help"),
    "edit-mon printer --mon-type tcp": ("a monitor keeps its mon_type", "pingmonctl edit-mon --help"),
    "add-mon --ip_address 10.0.0.1 --email a@b.example --token_file x": (
        "--token_file needs --chat_id",
        "pingmonctl add-mon --help",
    ),
    "edit-mon printer --tag site=berlin": (
        "say what to change, as --interval 5 or --unset interval; --tag selects, --add_tag gives a tag",
        "pingmonctl edit-mon --help",
    ),
    "edit-mon printer scanner --interval 5": (
        "one monitor is needed, not 2: printer, scanner",
        "pingmonctl edit-mon --help",
    ),
    "edit-mon printer --interval 5 scanner": (
        "one monitor is needed, not 2: printer, scanner",
        "pingmonctl edit-mon --help",
    ),
    "status now": ("unexpected now", "pingmonctl status --help"),
    "edit-mon printer --id scanner --interval 5": (
        "one monitor is needed, not 2: printer, scanner",
        "pingmonctl edit-mon --help",
    ),
    "explain": ("say which monitor", "pingmonctl explain --help"),
    "outbox": ("list|retry|drop is missing", "pingmonctl outbox --help"),
    "outbox drop": ("say which messages to drop", "pingmonctl outbox --help"),
    "outbox drop --all --bot x": ("--all excludes", "pingmonctl outbox --help"),
    "find-chat": ("a token is required", "pingmonctl find-chat --help"),
    "status -x": ("unknown option -x", "pingmonctl status --help"),
    "help nonsense": ("unknown command nonsense", "pingmonctl --help"),
}


@pytest.mark.parametrize("line", WRONG)
def test_a_typing_error_is_one_line_and_where_help_is(line: str) -> None:
    words, where = WRONG[line]
    done = ctl(*line.split(), "--server_address", "/none") if "help" not in line else ctl(*line.split())
    assert (done.returncode, done.stdout) == (2, "")
    error, see = done.stderr.splitlines()
    assert words in error and error.startswith("pingmonctl: ")
    assert see == f"see {where}"


@pytest.mark.parametrize(
    ("line", "option"),
    [("outbox list --where a=b", "--where"), ("list-mon --email a@b.example", "--email")],
)
def test_what_is_like_no_option_is_given_no_other_name(line: str, option: str) -> None:
    assert ctl(*line.split()).stderr.startswith(f"pingmonctl: unknown option {option}\n")


@pytest.mark.parametrize("line", ["", "help", "--help", "-h", "--server_address /none"])
def test_help_is_printed_also_when_nothing_is_asked(line: str) -> None:
    done = ctl(*line.split())
    assert done.returncode == 0 and done.stdout.startswith("usage: pingmonctl")
    assert all(one in done.stdout for one in ("list-mon", "examples:", "exit status:"))


@pytest.mark.parametrize("line", ["help add-mon", "add-mon --help", "-o json help add-mon"])
def test_help_of_a_command_shows_one_spelling_of_each_option(line: str) -> None:
    done = ctl(*line.split())
    assert done.returncode == 0 and done.stdout.startswith("usage: pingmonctl add-mon")
    assert "--ip_address IP" in done.stdout and "--ip-address" not in done.stdout
    assert "examples:" in done.stdout and "0.2 to 3600" in done.stdout


def test_version_is_a_command_and_an_option() -> None:
    assert ctl("version").stdout == ctl("--version").stdout != ""


def test_edit_mon_shows_no_defaults_as_what_is_not_given_stays() -> None:
    shown = ctl("edit-mon", "--help").stdout
    assert "stays unchanged" in shown and "(default 10)" not in shown


@pytest.mark.parametrize("spelling", ["--no_tell_slow", "--no-tell-slow", "--no-tell_slow"])
def test_flags_are_turned_off_in_every_spelling(spelling: str) -> None:
    from pingmon.client.parser import build_parser

    parsed = build_parser().parse_args(["edit-mon", "printer", spelling])
    assert parsed.tell_slow is False and parsed.id == ["printer"]


@pytest.mark.parametrize(
    "line", ["a b c", "a --id b c", "--id a b c", "a b --id c", "--id a --id b --id c", "a -- b c"]
)
def test_several_monitors_are_named_with_and_without_an_option(line: str) -> None:
    from pingmon.client.options import monitors_of
    from pingmon.client.parser import parse

    assert sorted(monitors_of(parse(["del-mon", *line.split()]))) == ["a", "b", "c"]
    assert sorted(monitors_of(parse(["--wait", "3", "del-mon", *line.split()]))) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "--{}",
        "-o {} list-mon",
        "--wait {} list-mon",
        "list-mon --state {}",
        "list-mon --columns {}",
        "list-mon --{}",
        "list-mon {}",
        "edit-mon printer --interval {}",
        "edit-mon printer --quiet={}",
        "edit-mon printer --unset {}",
        "add-mon --chat_id 1 --ip_address 10.0.0.1 --token_file {}",
        "import {}",
        "apply {} --token 1:x",
    ],
)
def test_a_wrong_value_is_not_repeated_whole(line: str) -> None:
    done = ctl("/nowhere", *(one.format("x" * 5000) for one in line.split()))
    assert done.returncode in (1, 2) and 0 < len(done.stderr) < 1000, done.stderr
    assert len(done.stderr.splitlines()) <= 2
