"""`/v1/profiles`: what issuers and platforms publish about all their programs."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.http import etag
from api.http.negotiate import JSON
from api.openapi import IF_NONE_MATCH, json_answer, operation
from api.problems import ProblemError
from evaluator.strict_yaml import did_you_mean

router = APIRouter(prefix="/v1/profiles", tags=["dictionary"])
_SUMMARY = {
    "profile": "example-college",
    "kind": "issuer",
    "name": "Example College",
    "facts": ["identity_verified"],
    "digest": "sha256:" + 64 * "0",
}
_EXAMPLE = {
    "profile": "example-college",
    "kind": "issuer",
    "name": "Example College",
    "matches": {"names": ["Example College"], "hosts": ["college.example"]},
    "statements": [
        {
            "holds_for": "assessment_exam",
            "facts": {
                "identity_verified": {
                    "value": True,
                    "source": "https://college.example/exams",
                    "read_on": "2026-11-24",
                    "says": "Candidates show a photo document before each exam.",
                }
            },
        }
    ],
    "digest": "sha256:" + 64 * "0",
}


class ProfileSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A profile without its sources."""

    profile: str
    kind: str
    name: str
    facts: tuple[str, ...]
    """Facts that it states."""
    digest: str


class ProfileList(msgspec.Struct, frozen=True, kw_only=True):
    """Every profile."""

    profiles: tuple[ProfileSummary, ...]


@router.get(
    "",
    **operation(
        "listProfiles",
        "List the issuers and platforms whose published policies are known",
        json_answer("Every profile, the closest kind first.", "ProfileList", {"profiles": [_SUMMARY]}),
        parameters=[IF_NONE_MATCH],
    ),
)
def list_profiles(request: Request) -> Response:
    """Programs inherit such facts unless their own document says otherwise."""
    found = ProfileList(
        profiles=tuple(
            ProfileSummary(
                profile=each.profile,
                kind=each.kind,
                name=each.name,
                facts=tuple(dict.fromkeys(fact for statement in each.statements for fact in statement.facts)),
                digest=each.digest,
            )
            for each in request.app.state.installed.profiles
        )
    )
    return etag.answer(request, msgspec.json.encode(found), JSON)


@router.get(
    "/{profile}",
    **operation(
        "getProfile",
        "Read what one issuer or platform publishes for all its programs",
        json_answer("The profile, each fact with its public source and date.", "Profile", _EXAMPLE),
        problem_ids=["not-found"],
        parameters=[IF_NONE_MATCH],
    ),
)
def get_profile(
    request: Request,
    profile: Annotated[str, Path(description="Name of the profile.", openapi_examples={"one": {"value": "coursera"}})],
) -> Response:
    """Every statement, with the condition under which it holds."""
    known = {each.profile: each for each in request.app.state.installed.profiles}
    if profile not in known:
        raise ProblemError("not-found", f'There is no profile "{profile}".{did_you_mean(profile, known)}')
    return etag.answer(request, known[profile].model_dump_json().encode(), JSON)
