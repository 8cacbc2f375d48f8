"""Files of monitors as people's programs write them: read alike, or refused where and why."""

import io
import json
import math
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from pingmon.client.connection import Refused
from pingmon.client.files.portable import portable
from pingmon.client.files.read import read
from pingmon.client.files.write import text_of
from pingmon.text.printable import why_unprintable

ROWS = [
    {"ip_address": "10.0.0.1", "name": "дом; 1", "chat_id": "-1001", "interval": 0.5, "quiet": True},
    {"ip_address": "fd00::2", "name": "a,b", "chat_id": "@name", "thread_id": 7},
]


def table(separator: str) -> str:
    """ROWS as a spreadsheet writes them with this separator."""
    lines = [
        ["ip_address", "name", "chat_id", "interval", "quiet", "thread_id"],
        ["10.0.0.1", "дом; 1", "-1001", "0.5", "TRUE", ""],
        ["fd00::2", "a,b", "@name", "", "", "7"],
    ]
    quoted = [[f'"{one}"' if set(one) & set(",; ") else one for one in line] for line in lines]
    return "".join(separator.join(line) + "\n" for line in quoted)


def rows_of(path: Path) -> list[dict[str, Any]]:
    rows, problems = read(str(path))
    assert not problems, problems
    return [row.params for row in rows]


def problems_of(directory: Path, text: str | bytes, name: str = "devices") -> list[str]:
    file = directory / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [f"{one.place.words}: {one.words}" for one in read(str(file))[1]]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("said", [True, False])
def test_tables_are_read_whatever_wrote_them(
    tmp_path: Path, separator: str, encoding: str, end: str, said: bool
) -> None:
    text = (f"sep={separator}\n" if said else "") + table(separator)
    file = tmp_path / "devices"
    for form in (text, text.rstrip("\n"), "\n" + text + separator * 5 + "\n\n"):
        file.write_bytes(form.replace("\n", end).encode(encoding))
        assert rows_of(file) == ROWS


@pytest.mark.parametrize(
    "header",
    ["IP address,NAME,Chat-ID", " ip-address , Name,chat id", "\ufeffIp_Address,name,CHAT_ID,,"],
)
def test_headers_may_be_spelled_in_other_ways(tmp_path: Path, header: str) -> None:
    file = tmp_path / "devices.csv"
    more = "," * (header.count(",") - 2)
    file.write_text(f"{header}\n10.0.0.1,router,1001{more}\n,,{more}\n")
    assert rows_of(file) == [{"ip_address": "10.0.0.1", "name": "router", "chat_id": "1001"}]


def test_tables_that_were_joined_are_read_header_by_header(tmp_path: Path) -> None:
    file = tmp_path / "devices.csv"
    one, two = "ip_address,name\n10.0.0.1,a\n", "\ufeffIP address,Name\n10.0.0.2,b\n"
    file.write_text("\ufeff" + one + two + '"ip_address","name"\n\n')
    assert [row["ip_address"] for row in rows_of(file)] == ["10.0.0.1", "10.0.0.2"]
    said = problems_of(tmp_path, one + "name,ip_address\nb,10.0.0.2\n", "devices.csv")
    assert said == ["line 3: a header again, with other columns; give two files"]


def test_columns_may_come_in_any_order_and_numbers_with_a_point(tmp_path: Path) -> None:
    file = tmp_path / "devices.csv"
    file.write_text("thread_id,down_after,chat_id,ip_address\n12.0,4.0,-1001234567890.0,10.0.0.1\n")
    (row,) = rows_of(file)
    assert (row["thread_id"], row["down_after"]) == (12, 4) and row["chat_id"] == "-1001234567890.0"


BAD_TABLES = {
    "ip_address,chat,speed\n10.0.0.1,1001,5\n10.0.0.2,1001,6\n": [
        "line 1: there is no column 'chat'; did you mean chat_id?",
        "line 1: there is no column 'speed'; known: key",
    ],
    "ip_adress,chat_id\n10.0.0.1,1001\n": ["line 1: there is no column ip_address"],
    "url,interval\nhttp://a.example/,often\n": ["line 2: interval: 'often' is not a number"],
    "ip_address,chat_id,unused\n10.0.0.1,1001,\n": ["line 1: there is no column 'unused'"],
    "10.0.0.1,1001\n10.0.0.2,1001\n10.0.0.3,1001\n": ["line 1: '10.0.0.1': no header"],
    "chat_id,name\n1001,a\n1002,b\n": ["line 1: there is no column ip_address"],
    "ip_address,name,name\n10.0.0.1,a,b\n": ["line 1: name: the column is there twice"],
    "ip_address,chat_id,\n10.0.0.1,1001,x\n": ["line 2: 3: 'x': column 3 has no name"],
    "ip_address,chat_id\n10.0.0.1,1001,x\n": ["line 2: another number of columns"],
    "ip_address,name,chat_id\n10.0.0.1,a\n": ["line 2: another number of columns"],
    'ip_address,name\n10.0.0.1,a\n10.0.0.2,"b\n10.0.0.3,c\n': ["line 3: a quotation mark is not closed"],
    "ip_address,interval\n10.0.0.1,often\n": ["line 2: interval: 'often' is not a number"],
    "ip_address;interval\n10.0.0.1;0,5\n": ["line 2: interval: '0,5' is not a number; write 0.5"],
    "ip_address,interval\n10.0.0.1,nan\n10.0.0.1,1e999\n10.0.0.1,1_0\n": [
        "line 2: interval: 'nan'",
        "line 3: interval: '1e999'",
        "line 4: interval: '1_0'",
    ],
    "ip_address,thread_id\n10.0.0.1,1.2E+3\n": [
        "line 2: thread_id: '1.2E+3' is not a whole number: a spread"
    ],
    "ip_address,quiet\n10.0.0.1,maybe\n": ["line 2: quiet: 'maybe' is not a yes or no"],
    "sep=;\nip_address;speed\n10.0.0.1;5\n": ["line 2: there is no column 'speed'"],
    "ip_address,interval,quiet,thread_id\n10.0.0.1,often,maybe,7\n": [
        "line 2: interval: 'often' is not a number",
        "line 2: quiet: 'maybe' is not a yes or no",
    ],
}


@pytest.mark.parametrize("text", BAD_TABLES)
def test_errors_of_tables_name_line_column_and_value_each_once(tmp_path: Path, text: str) -> None:
    said = problems_of(tmp_path, text)
    assert len(said) == len(BAD_TABLES[text]), said
    assert all(one.startswith(words) for one, words in zip(said, BAD_TABLES[text], strict=True)), said


def test_settings_of_a_kind_at_their_defaults_are_not_written() -> None:
    one = {"id": "x", "name": "", "ip_address": "10.0.0.1", "host": None, "parent": None, "bot": None}
    web = one | {
        "mon_type": "http",
        "url": "http://a.example/",
        "method": "HEAD",
        "cert_days": 21,
        "header": [],
    }
    assert text_of("jsonl", portable([web])) == (
        '{"ip_address":"10.0.0.1","mon_type":"http","url":"http://a.example/","method":"HEAD"}\n'
    )


def test_a_record_is_named_by_its_first_line(tmp_path: Path) -> None:
    text = 'ip_address,name,interval\n10.0.0.1,"a\nb\nc",x\n10.0.0.2,d,y\n'
    assert [one[:8] for one in problems_of(tmp_path, text)] == ["line 2: ", "line 5: "]


def test_a_token_is_never_in_an_error(tmp_path: Path) -> None:
    said = problems_of(tmp_path, "ip_address,token,interval\n10.0.0.1,123:AAAsecret,x\n")
    assert said and "secret" not in "".join(said)


READ_ONLY = {"state": "up", "loss": 0.5, "id": "x"}  # of what list-mon prints
JSON_FORMS = {
    "lines": lambda rows: "\n".join(json.dumps(row, ensure_ascii=False) for row in rows),
    "lines with gaps": lambda rows: "\n\n".join(json.dumps(row) for row in rows) + "\n\n",
    "an array": lambda rows: json.dumps(rows, ensure_ascii=False),
    "an array over lines": lambda rows: json.dumps(rows, indent=2),
    "objects over lines": lambda rows: "\n".join(json.dumps(row, indent=4) for row in rows),
    "a result": lambda rows: json.dumps({"monitors": [one | READ_ONLY for one in rows]}),
    "a result over lines": lambda rows: json.dumps({"monitors": rows, "next": None}, indent=1),
}


@pytest.mark.parametrize("form", JSON_FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["devices", "devices.json", "devices.csv"])
def test_json_is_read_in_lines_and_arrays(
    tmp_path: Path, form: str, encoding: str, end: str, name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(JSON_FORMS[form](ROWS).replace("\n", end).encode(encoding))
    assert rows_of(file) == ROWS


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_a_line_of_json_ends_at_a_newline_only(tmp_path: Path, separator: str) -> None:
    file = tmp_path / "devices.jsonl"
    file.write_text(json.dumps({"ip_address": "10.0.0.1", "name": f"a{separator}b"}, ensure_ascii=False))
    assert rows_of(file) == [{"ip_address": "10.0.0.1", "name": f"a{separator}b"}]


BAD_JSON = {
    '{"ip_address": "10.0.0.1"}\n{"oops\n{"ip_address": 1}\n[1]\n': ["line 2: ", "line 4: [1] is not an"],
    '[\n{"ip_address": "10.0.0.1"},\n{"oops": 1},\n{"ip_address"}]': [
        "line 3: there is no column",
        "line 4: ",
    ],
    '[{"ip_address": "10.0.0.1"}\n{"ip_address": "10.0.0.2"}]': ["line 2: a comma or ] is missing"],
    '[{"ip_address": "10.0.0.1"}] x': ["line 1: something follows"],
    '{"ip_address": "10.0.0.1", "interval": NaN}': ["line 1: NaN is no JSON number"],
    '{"ip_address": "10.0.0.1", "interval": 1e999}': ["line 1: a number is too large"],
    '{"ip_address": "10.0.0.1", "name": "\\ud800"}': ["line 1: a string holds half"],
    '{"ip_address": "10.0.0.1", "ip_address": "10.0.0.2"}': ["line 1: an object has the same key twice"],
    '{"ip_address": "10.0.0.1", "IP Address": "10.0.0.2"}': ["line 1: ip_address: it is there twice"],
    '{"ip_adress": "10.0.0.1"}': ["line 1: there is no column 'ip_adress'; did you mean ip_address?"],
    '{"ip_address": "10.0.0.1", "speed": 1, "chat": 1, "Name": "a", "name": "b"}': [
        "line 1: there is no column 'speed'",
        "line 1: there is no column 'chat'; did you mean chat_id?",
        "line 1: name: it is there twice",
    ],
    "[" * 100: ["line 1: nested deeper"],
    "[1, 2]": ["line 1: 1 is not an object", "line 1: 2 is not an object"],
}


@pytest.mark.parametrize("text", BAD_JSON)
def test_errors_of_json_name_lines(tmp_path: Path, text: str) -> None:
    said = problems_of(tmp_path, text, "devices.json")
    assert len(said) == len(BAD_JSON[text]), said
    assert all(one.startswith(words) for one, words in zip(said, BAD_JSON[text], strict=True)), said


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_toml_is_read_by_its_content(tmp_path: Path, end: str, encoding: str) -> None:
    text = "# мониторы\n[defaults]\nchat_id = 1001\n\n"
    text += "[[monitor]]\nip-address = '10.0.0.1'\nname = 'дом 🏠'\n"
    file = tmp_path / "devices"
    file.write_bytes(text.replace("\n", end).encode(encoding))
    assert rows_of(file) == [{"chat_id": 1001, "ip_address": "10.0.0.1", "name": "дом 🏠"}]


def test_errors_of_toml_name_the_monitor_and_its_line(tmp_path: Path) -> None:
    text = "[[monitor]]\nip_address = '10.0.0.1'\nname = 2020-01-01\n[[monitor]]\ninterval = nan\n"
    assert problems_of(tmp_path, text + "timeout = inf\n") == [
        "line 1, monitor 1: name: 2020-01-01 must be in quotes",
        "line 4, monitor 2: interval: nan is not a number",
        "line 4, monitor 2: timeout: inf is not a number",
    ]


def test_what_is_wrong_with_defaults_of_toml_is_said_once(tmp_path: Path) -> None:
    text = "# devices\n[defaults]\nspeed = 1\n[[monitor]]\nip_address = '10.0.0.1'\n[[monitor]]\n"
    (said,) = problems_of(tmp_path, text)
    assert said.startswith("line 2, [defaults]: there is no column 'speed'")


def test_a_row_of_which_a_value_is_wrong_has_the_others(tmp_path: Path) -> None:
    file = tmp_path / "devices"
    file.write_text("ip_address,interval,chat\n10.0.0.1,often,1001\n10.0.0.2,5,1001\n")
    rows, problems = read(str(file))
    assert [row.params for row in rows] == [
        {"ip_address": "10.0.0.1"},
        {"ip_address": "10.0.0.2", "interval": 5.0},
    ]
    assert [row.wrong for row in rows] == [{"interval", "chat_id"}, {"chat_id"}] and len(problems) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[[monitor]\n", "devices.toml"),
        (b"[[monitors]]\nip_address = '10.0.0.1'\n", "'monitors' does not; only"),
        (b"monitor = 3\n", "only"),
        (b"PK\x03\x04....", "export it as CSV"),
        ("[[monitor]]\nname = 'дом'\n".encode("cp1251"), "line 2: byte 0xe4 is not UTF-8"),
    ],
)
def test_what_is_no_file_of_monitors_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "devices.toml"
    file.write_bytes(content)
    with pytest.raises(Refused) as caught:
        read(str(file))
    said = str(caught.value)
    assert said.startswith(str(file)) and words in said and "\n" not in said


def test_what_can_not_be_opened_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(Refused, match=str(path)):
            read(str(path))
    for name in ("", "a\nb", "a\x1b[31m", "a\0b", "x" * 5000, "caf\udce9"):
        with pytest.raises(Refused) as caught:
            read(name)
        assert not why_unprintable(str(caught.value))


def test_what_has_no_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(Refused, match="longer than 64 MiB"):
        read("/dev/zero")


def test_what_comes_through_a_pipe_with_a_name_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(table(";"),))
    writer.start()
    assert rows_of(tmp_path / "pipe") == ROWS
    writer.join()


@pytest.mark.parametrize(
    "text", ["", "\n\n", "[]", "[ ]\n", "ip_address,chat_id\n", "# toml\n[defaults]\nname='a'\n"]
)
def test_a_file_without_monitors_has_no_rows(tmp_path: Path, text: str) -> None:
    file = tmp_path / "devices"
    file.write_text(text)
    assert rows_of(file) == []


def test_standard_input_is_read_as_a_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (table(";"), JSON_FORMS["an array"](ROWS), text_of("toml", ROWS)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode("utf-16"))))
        assert [row.params for row in read("-")[0]] == ROWS


@pytest.mark.parametrize("kind", ["csv", "jsonl", "toml"])
def test_what_is_written_is_readable_by_people_and_by_us(tmp_path: Path, kind: str) -> None:
    rows = [
        *ROWS,
        {"ip_address": "10.0.0.3", "name": '"\\x" 🏠 = [a]', "chat_id": "1", "max_delay": math.pi},
    ]
    file = tmp_path / f"devices.{kind}"
    file.write_text(text_of(kind, rows))
    assert rows_of(file) == rows
    assert "дом" in file.read_text() and "🏠" in file.read_text()
