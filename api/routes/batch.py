"""`/v1/batch`: many programs judged in one request, line by line, without being kept."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import examples, failures, logs, problems, service
from api.http.lines import LineResponse
from api.http.media import body_must_be
from api.http.negotiate import NDJSON
from api.openapi import BODY, Answer, operation
from api.problems import Fault, ProblemDetails, ProblemError
from api.routes import given
from api.routes.documents import UNNAMED
from api.routes.given import AsOf, RubricNames
from api.routes.programs import KEY_EXAMPLE
from api.store import programs
from api.store.database import Database
from api.store.scorecards import Bar
from evaluator.derive import derive
from evaluator.program import Problem, Program, document
from evaluator.rubric import Rubric
from evaluator.score import Scorecard, score_derived
from providers import profile, sources

router = APIRouter(prefix="/v1/batch", tags=["scores"])
log = logs.logger(__name__)


class BatchLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the request: a program that is kept here, or a document that is not."""

    id: str | None = None
    """Anything by which the caller knows the line; it is given back."""
    program: str | None = None
    """Key of a program."""
    text: str | None = None
    """A document."""
    name: str = UNNAMED
    """File name of the document; its ending says what it is."""


class BatchProgram(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A program of a line, judged."""

    program: str
    title: str | None
    scores: dict[str, Bar]
    """By rubric, such as `rigor@1.0.0`."""
    scorecards: tuple[Scorecard, ...] = ()
    """With `detail=full`."""


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the answer, in the order of the request."""

    line: int
    id: str | None = None
    programs: tuple[BatchProgram, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What could not be read in the document, and where."""
    error: ProblemDetails | None = None
    """Why the line has no answer; the others have theirs."""


_CARD = examples.scorecard()
_BAR = Bar(evidenced=_CARD.evidenced, stated=_CARD.stated, possible=_CARD.possible, coverage=_CARD.coverage)
_IN = BatchLine(id="row 1", text=examples.source().content.decode(), name=examples.source().url)
_KNOWN = {"program": KEY_EXAMPLE}
_OUT = BatchAnswer(
    line=1,
    id="row 1",
    programs=(BatchProgram(program=examples.program().id, title=_CARD.title, scores={examples.rubric().name: _BAR}),),
)


def _ndjson(*values: Any) -> str:
    return "".join(msgspec.json.encode(value).decode() + "\n" for value in values)


@router.post(
    "",
    **operation(
        "judgeBatch",
        "Judge many programs line by line",
        Answer(
            "One line per line that is not empty, in the same order, each sent as soon as it is judged.",
            {NDJSON: ({"type": "string", "description": "Lines of BatchAnswer."}, _ndjson(_OUT))},
            headers=(),
        ),
        problem_ids=BODY,
        checks=[Depends(body_must_be(NDJSON))],
        requestBody={
            "required": True,
            "content": {
                NDJSON: {
                    "schema": {"type": "string", "description": "Lines of BatchLine."},
                    "example": _ndjson(_IN, _KNOWN),
                }
            },
        },
    ),
)
def judge_batch(
    request: Request,
    rubric: RubricNames = None,
    as_of: AsOf = None,
    detail: Annotated[
        Literal["scores", "full"], Query(description="The scores alone, or whole scorecards.")
    ] = "scores",
) -> Response:
    """Nothing is kept. A line that can't be judged costs one error; the others have their answers."""
    chosen, day = given.rubrics(request, rubric, "#query/rubric"), as_of or given.today()
    judge = _Judge(request, chosen, day, full=detail == "full")
    return LineResponse(request, request.app.state.settings.max_body_bytes, judge)


class _Judge:
    """Answers one line of a batch."""

    def __init__(self, request: Request, rubrics: Sequence[Rubric], day: datetime.date, *, full: bool) -> None:
        self.request = request
        self.rubrics = rubrics
        self.day = day
        self.full = full

    def __call__(self, number: int, line: bytes | ProblemError) -> bytes:
        asked = BatchLine()
        try:
            if isinstance(line, ProblemError):
                raise line
            asked = _parsed(line)
            answer = self._answer(number, asked)
        except ProblemError as error:
            answer = self._failed(number, asked, error.type.id, error.detail, error.errors)
        except programs.UnknownProgram as error:
            says = failures.sentence(error)
            answer = self._failed(number, asked, "not-found", says, [Fault(pointer="/program", detail=says)])
        except Exception as error:
            log.error("failed", request_id=self.request.state.request_id, route="/v1/batch", **logs.trace(error))
            answer = self._failed(number, asked, "internal", problems.TYPES["internal"].detail, ())
        return msgspec.json.encode(answer) + b"\n"

    def _answer(self, number: int, asked: BatchLine) -> BatchAnswer:
        if asked.program is not None:
            database: Database = self.request.app.state.database
            with database.session() as session:
                current = programs.current(session, [asked.program])[0]
            cards = service.scorecards_of(database, [asked.program], self.rubrics, self.day)[0]
            return BatchAnswer(line=number, id=asked.id, programs=(self._judged(current.program, cards),))
        name = asked.name
        source = document(name, (asked.text or "").encode("utf-8", "replace"), _media_type(name), self.day.isoformat())
        reading = sources.read_document(source, sources.candidates(None))
        return BatchAnswer(
            line=number,
            id=asked.id,
            programs=tuple(self._read(program) for program in reading.programs),
            problems=reading.problems,
        )

    def _read(self, program: Program) -> BatchProgram:
        derived = derive(profile.inherit(program, self.request.app.state.installed.profiles), self.day)
        return self._judged(program, [score_derived(derived, rubric, self.day) for rubric in self.rubrics])

    def _judged(self, program: Program, cards: Sequence[Scorecard]) -> BatchProgram:
        scores = {
            f"{card.rubric}@{card.version}": Bar(
                evidenced=card.evidenced, stated=card.stated, possible=card.possible, coverage=card.coverage
            )
            for card in cards
        }
        shown = tuple(cards) if self.full else ()
        return BatchProgram(program=program.id, title=program.title, scores=scores, scorecards=shown)

    def _failed(self, number: int, asked: BatchLine, type_id: str, detail: str, faults: Sequence[Fault]) -> BatchAnswer:
        found = problems.problem(type_id, detail, self.request.scope, faults)
        return BatchAnswer(line=number, id=asked.id, error=found)


def _parsed(line: bytes) -> BatchLine:
    try:
        asked = msgspec.json.decode(line, type=BatchLine)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$")
        says = f"{what.rstrip('.')}."
        pointer = "/" + place.rstrip("`").strip(".").replace(".", "/") if place.strip("`.") else ""
        raise ProblemError("invalid", "1 value is not valid.", [Fault(pointer=pointer, detail=says)]) from None
    except msgspec.DecodeError as error:
        raise ProblemError("bad-request", f"The line is not JSON: {error}.") from None
    if (asked.program is None) == (asked.text is None):
        says = "Give either program or text."
        raise ProblemError("invalid", "1 value is not valid.", [Fault(pointer="", detail=says)])
    return asked


def _media_type(name: str) -> str:
    return next((kind for ending, kind in sources.MEDIA_TYPES.items() if name.lower().endswith(ending)), "text/plain")
