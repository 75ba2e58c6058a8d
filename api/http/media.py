"""What a body may be: its media types, and what every JSON body has in common."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from starlette.requests import Request

from api.problems import ProblemError


def type_of(request: Request) -> str:
    """The media type of the body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def body_must_be(*media_types: str) -> Callable[[Request], None]:
    """A dependency that refuses bodies of other types. Raises ProblemError `media-type-unknown`."""

    def check(request: Request) -> None:
        if type_of(request) not in media_types:
            raise ProblemError("media-type-unknown", f"The body must be {' or '.join(media_types)}.")

    return check


class Body(BaseModel):
    """A JSON body. Unknown names are mistakes: a misspelt option would otherwise do nothing, silently."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _whole_characters(cls, value: Any) -> Any:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("holds half a character (a lone surrogate)") from None
        return value
