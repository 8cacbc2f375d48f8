"""What probes of servers say is translated, with what is particular about it."""
# ruff: noqa: RUF001, E501 - Russian words

import pytest

from pingmon.notify.reason_words import reason_words
from pingmon.notify.translation import ENGLISH, Translation

RUSSIAN = Translation("ru")


@pytest.mark.parametrize(
    ("reason", "russian"),
    [
        ("connection refused", "соединение отклонено"),
        ("no answer within 2.5 s", "нет ответа за 2.5 с"),
        ("no whole answer within 5 s, but 1,204 bytes", "нет полного ответа за 5 с, получено байт: 1,204"),
        ("answered 503 Service Unavailable", "ответ 503 Service Unavailable"),
        ("the text was not found in 19 bytes", "текст не найден (просмотрено байт: 19)"),
        ("the text was not found in the first 4 bytes", "текст не найден (просмотрено байт: 4)"),
        ("a.b in the JSON is 3, not 4", "a.b в JSON — 3, а не 4"),
        ("does not speak HTTP as it should", "отвечает не по HTTP"),
        ("redirected to b.example:81: connection refused", "перенаправление на b.example:81: соединение отклонено"),
        ("the certificate ended on 2026-01-01", "сертификат закончился 2026-01-01"),
        ("the certificate is not for b.example", "сертификат выдан не для b.example"),
        ("there is no such name (NXDOMAIN)", "такого имени нет (NXDOMAIN)"),
        ("the answer is 192.0.2.1, without 192.0.2.9", "в ответе 192.0.2.1, но нет 192.0.2.9"),
        ("its answer has 4,047 records, which are too many to look at", "в ответе слишком много записей: 4,047"),
        ("no address of its host within 10 s", "адрес сервера не найден за 10 с"),
        ("its name does not resolve", "имя не найдено"),
        ("it knows no such name (TLS)", "сервер не знает такого имени (TLS)"),
        ("it speaks an old version of TLS only", "поддерживается только старая версия TLS"),
        ("the certificate is refused: CA cert does not include key usage extension", "сертификат не принят: CA cert does not include key usage extension"),
        ("the server answers NOTAUTH", "сервер ответил NOTAUTH"),
        ("the server does not answer such questions (NOTIMP)", "сервер не отвечает на такие вопросы (NOTIMP)"),
        (
            "the answer is longer than 1,024 bytes (max_body), so it is no whole JSON",
            "ответ длиннее 1,024 байт (max_body), поэтому JSON неполон",
        ),
        (
            "the regular expression takes longer than 0.2 s on the first 9 bytes",
            "поиск регулярного выражения дольше 0.2 с (просмотрено байт: 9)",
        ),
        (
            "redirected to b.example: the text was not found in 19 bytes of a compressed answer, which was not asked for",
            "перенаправление на b.example: текст не найден (просмотрено байт: 19); ответ сжат, хотя об этом не просили",
        ),
        (
            "by TCP, as its answer was too long for UDP: no answer within 5 s",
            "по TCP, так как ответ слишком длинен для UDP: нет ответа за 5 с",
        ),
    ],
)  # fmt: skip
def test_reason_in_russian(reason: str, russian: str) -> None:
    assert reason_words(reason, RUSSIAN) == russian
    assert reason_words(reason, ENGLISH) == reason
