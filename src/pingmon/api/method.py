"""An RPC method: one function, beside the schemas of what it takes and returns."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import fastjsonschema

from pingmon.api.connection_state import ConnectionState
from pingmon.api.validation import IS_MISSING, Schema, SchemaProblem, Validator
from pingmon.model.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Caller:
    """The process that made the request (SO_PEERCRED), and the connection on which it came."""

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
        for problem in self.problems(params):
            raise problem

    def problems(self, params: dict[str, Any]) -> Iterator[InvalidValue]:
        """All for which `check` may raise, and likewise with whole numbers."""
        # What is right, which is nearly all, is known fifty times as fast by the first; the second has
        # the words for what is wrong.
        with suppress(fastjsonschema.JsonSchemaValueException):
            self._is_right(params)
            for one in self._integers & params.keys():
                if isinstance(params[one], float):
                    params[one] = int(params[one])
            return
        for problem in self._validator.problems(params):
            name = problem.place.partition(".")[0]
            yield InvalidValue(self._words(problem), name or None)

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
    def _validator(self) -> Validator:
        return Validator(self._schema, "parameter", self.secrets)

    @staticmethod
    def _words(problem: SchemaProblem) -> str:
        separator = " " if problem.words == IS_MISSING else ": "
        return f"{problem.place}{separator}{problem.words}" if problem.place else problem.words


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
