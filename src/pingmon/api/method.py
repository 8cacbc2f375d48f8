"""An RPC method: one function, beside the schemas of what it takes and returns."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import fastjsonschema
import jsonschema

from pingmon.api.connection_state import ConnectionState
from pingmon.model.errors import InvalidValue

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks (SO_PEERCRED), and the connection on which."""

    uid: int
    pid: int
    connection: ConnectionState = field(default_factory=ConnectionState, compare=False)


@dataclass(frozen=True)
class Method:
    """Called as `method(context, caller, **params)`; `params` are JSON Schema by name.

    context: what the methods work on; the server knows nothing of it. secrets: parameters whose values
    no error may repeat.
    """

    name: str
    summary: str
    run: Callable[..., dict[str, Any]]
    params: Mapping[str, Schema]
    required: tuple[str, ...]
    result: Schema
    secrets: frozenset[str] = field(default_factory=frozenset)

    def __call__(self, context: Any, caller: Caller, **params: Any) -> dict[str, Any]:
        return self.run(context, caller, **params)

    def check(self, params: dict[str, Any]) -> None:
        """Raises InvalidValue when `params` are not what the method takes.

        Whole numbers that were written as 1.0, which JSON Schema takes for integers, become integers.
        """
        # What is right, which is nearly all, is known fifty times as fast by the first; the second has
        # the words for what is wrong.
        with suppress(fastjsonschema.JsonSchemaValueException):
            self._is_right(params)
            for one in self._integers & params.keys():
                if isinstance(params[one], float):
                    params[one] = int(params[one])
            return
        for problem in self._validator.iter_errors(params):
            words, name = self._words(problem)
            raise InvalidValue(words, name)

    @cached_property
    def _schema(self) -> Schema:
        return {
            "type": "object",
            "properties": dict(self.params),
            "required": list(self.required),
            "additionalProperties": False,
        }

    @cached_property
    def _is_right(self) -> Callable[[dict[str, Any]], Any]:
        found: Callable[[dict[str, Any]], Any] = fastjsonschema.compile(self._schema, use_default=False)
        return found

    @cached_property
    def _integers(self) -> frozenset[str]:
        """Parameters that are integers, not any numbers."""
        types = {name: schema.get("type", ()) for name, schema in self.params.items()}
        lists = {name: [one] if isinstance(one, str) else one for name, one in types.items()}
        return frozenset(name for name, one in lists.items() if "integer" in one and "number" not in one)

    @cached_property
    def _validator(self) -> Any:
        return jsonschema.Draft7Validator(self._schema)

    def _words(self, problem: Any) -> tuple[str, str | None]:
        """One clear line and the field that it is about; it never repeats a secret."""
        name = str(problem.path[0]) if problem.path else None
        if problem.validator == "required":
            name = next(one for one in self.required if one not in problem.instance)
            return f"{name} is missing", name
        if problem.validator == "additionalProperties":
            name = next(one for one in problem.instance if one not in self.params)
            return f"{self.name} has no parameter {name!r}; it takes {', '.join(self.params)}", name
        if name in self.secrets:
            return f"{name} is not what it should be", name
        value = problem.instance
        if problem.validator == "enum":
            allowed = ", ".join(str(one) for one in problem.validator_value if one != "")
            return f"{name}: {value!r} is none of {allowed}", name
        if problem.validator == "type":
            return f"{name}: {value!r} is not {_TYPES[_first(problem.validator_value)]}", name
        return f"{name}: {problem.message}", name


_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _first(types: str | list[str]) -> str:
    return types if isinstance(types, str) else types[0]


def method(
    summary: str,
    params: Mapping[str, Schema],
    result: Schema,
    required: Iterable[str] = (),
    secrets: Iterable[str] = (),
) -> Callable[[Callable[..., dict[str, Any]]], Method]:
    """Makes a `Method` of the function below it, under the function's name."""

    def make(run: Callable[..., dict[str, Any]]) -> Method:
        return Method(run.__name__, summary, run, params, tuple(required), result, frozenset(secrets))

    return make
