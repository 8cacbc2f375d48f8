"""Requests to the Bot API, and updates of the stand-in, checked by the models of aiogram."""

from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

OF_A_SHAPE = 20  # requests with the same fields that are looked at


def refused_requests(calls: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    """What is wrong with them: types, and fields that there are none of. calls: method, body."""
    found, seen = list[str](), Counter[tuple[str, ...]]()
    methods = import_module("aiogram.methods")  # takes a second: by those who need it only
    for method, body in list(calls):
        shape = method, *sorted(body)
        seen[shape] += 1
        if seen[shape] <= OF_A_SHAPE:
            model = getattr(methods, method[0].upper() + method[1:])
            found += [f"{method} {body}: {fault}" for fault in _faults(model, body)]
    return found


def refused_updates(updates: Iterable[dict[str, Any]]) -> list[str]:
    model = import_module("aiogram.types").Update
    return [f"{one}: {fault}" for one in updates for fault in _faults(model, one)]


def _faults(model: type[BaseModel], values: dict[str, Any]) -> Iterator[str]:
    try:
        yield from _unknown(model.model_validate(values))
    except ValidationError as error:
        yield str(error)


def _unknown(value: Any) -> Iterator[str]:
    """Names of fields that a model does not have, however deep."""
    if isinstance(value, BaseModel):
        yield from value.model_extra or ()
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _unknown(one)
