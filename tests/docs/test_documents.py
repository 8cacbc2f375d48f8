"""What we say is held against what independent authors say it must be."""

import json

import jsonschema
import pytest
from aiogram.types import ChatMemberMember, Message, User

from pingmon.api.openrpc import openrpc
from pingmon.handlers import METHODS
from tests.support.bot_api import TOKEN, BotApi
from tests.support.paths import ROOT

# Apache-2.0, open-rpc.org; the published file says "undefined" where it means JSONSchema: mended.
META_SCHEMA = ROOT / "tests" / "data" / "openrpc-meta-schema.json"


def test_the_openrpc_document_is_one() -> None:
    schema = json.loads(META_SCHEMA.read_text())
    del schema["$schema"]
    document = openrpc(METHODS, "1.2.3")
    jsonschema.Draft7Validator(schema).validate(document)
    assert len(document["methods"]) == len(METHODS)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate(document | {"methods": 3})


def test_the_stand_in_answers_as_telegram_would() -> None:
    api = BotApi()
    path = f"/bot{TOKEN}/"
    User.model_validate(api.answer(path + "getMe", {})[1]["result"])
    sent = api.answer(path + "sendMessage", {"chat_id": 1001, "text": "x"})[1]["result"]
    assert Message.model_validate(sent).text == "x"
    member = api.answer(path + "getChatMember", {"chat_id": -1002, "user_id": 1})[1]["result"]
    ChatMemberMember.model_validate(member)
    assert api.answer(path + "sendMessage", {"chat_id": 1001, "txt": "x"})[0] == 400
    assert api.answer(path + "sendMessage", {"chat_id": 1001, "text": 5})[0] == 400
    assert api.answer("/bot1:x/getMe", {})[0] == 401
    api.server.server_close()
