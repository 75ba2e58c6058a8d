"""Lines of a request, however they are cut into chunks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

import pytest
from anyio.from_thread import start_blocking_portal

from api.http.body import too_large
from api.http.lines import lines
from api.problems import ProblemError

LONGEST = 8
Found = TypeVar("Found")


def ran(work: Callable[[], Awaitable[Found]]) -> Found:
    """What the work gives, in a thread of its own: a browser test may have left a loop in this one."""
    with start_blocking_portal() as portal:
        return portal.call(work)


def read(chunks: Sequence[bytes | ProblemError]) -> list[str]:
    """What the lines are; `!` and the type for a problem."""

    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            if isinstance(chunk, ProblemError):
                raise chunk
            yield chunk

    async def all_of() -> list[str]:
        found = [line async for line in lines(stream(), LONGEST)]
        return [line.decode() if isinstance(line, bytes) else f"!{line.type.id}" for line in found]

    return ran(all_of)


@pytest.mark.parametrize(
    ("chunks", "found"),
    [
        ([], []),
        ([b"a\nb\n"], ["a", "b"]),
        ([b"a\nb"], ["a", "b"]),
        ([b"a", b"b\n", b"", b"c"], ["ab", "c"]),
        ([b"\n \n\r\na\n"], ["a"]),
        ([b"12345678\n"], ["12345678"]),
        ([b"123456789\na"], ["!too-large", "a"]),
        ([b"12345", b"6789", b"more", b" of it\na"], ["!too-large", "a"]),
        ([b"1234567890"], ["!too-large"]),
        ([b"a\nb", too_large(3)], ["a", "!too-large"]),
    ],
)
def test_lines(chunks: list[bytes | ProblemError], found: list[str]) -> None:
    assert read(chunks) == found


def test_of_an_endless_line_no_more_is_held_than_a_line() -> None:
    taken = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield b"x" * LONGEST

    async def first() -> bytes | ProblemError:
        async for line in lines(stream(), LONGEST):
            return line
        raise AssertionError("there is a line")

    assert isinstance(ran(first), ProblemError)
    assert taken == 2
