"""Alignments of a badge class or achievement: skills, a level, a decision about quality.

Open Badges 3.0 §B.1.5 (https://www.imsglobal.org/spec/ob/v3p0/#alignment) lets `targetType` say what is aligned to;
2.0 (https://www.imsglobal.org/spec/ob/v2p0/#Alignment) has no such property and aligns to objectives and standards;
1.x calls the same `name`, `url` and `description`.
"""

from __future__ import annotations

import re
from typing import Any

from evaluator.program import Draft, Recognition, Skill
from providers.json_document import items, member, text
from providers.open_badges_contents import Node, identifier

_COMPETENCIES = {"cfitem", "ctdl", "ceasn:competency"}
"""Target types that are competencies. `ceterms:Credential` is another credential, `CFRubric…` a rubric: no skills."""
_COMPETENCY_EXTENSION = re.compile(r"ext:(?:esco|skill|competenc)")
_LEVEL_EXTENSION = re.compile(r"ext:eqf(?:level)?")
_QUALITY_EXTENSION = "ext:qualityassurance"
_EQF = re.compile(r"\s*(?:the\s+)?(?:EQF\b|European Qualifications? Framework\b)", re.IGNORECASE)
_EQF_ADDRESS = re.compile(r"https?://data\.europa\.eu/snb/eqf/([0-9]+)")
_EQF_CODE = re.compile(r"\s*(?:EQF)?[\s-]*(?:level)?\s*([0-9]+)\s*", re.IGNORECASE)


def read_alignments(draft: Draft, node: Node, at: str) -> tuple[tuple[Skill, ...], tuple[Recognition, ...]]:
    """Skills and recognitions that the alignments name; level and quality assurance are stated in the draft."""
    skills: list[Skill] = []
    recognitions: list[Recognition] = []
    for one, place in items(node.get("alignment"), f"{at}/alignment"):
        kind = _target_type(one)
        if not isinstance(one, dict):
            draft.problem(place, "an alignment is an object with targetName and targetUrl")
        elif _LEVEL_EXTENSION.fullmatch(kind) or (not kind and _is_eqf(one)):
            _state_eqf(draft, one, place)
        elif kind == _QUALITY_EXTENSION:
            recognitions += _quality_assurance(draft, one, place)
        elif not kind or kind in _COMPETENCIES or _COMPETENCY_EXTENSION.match(kind):
            skills += _skill(draft, one, place, kind)
    return tuple(dict.fromkeys(skills)), tuple(dict.fromkeys(recognitions))


def _target_type(alignment: Any) -> str:
    value = member(alignment, "targetType")
    return value.strip().lower() if isinstance(value, str) else ""


def _skill(draft: Draft, alignment: Node, at: str, kind: str) -> list[Skill]:
    label = text(alignment.get("targetName") or alignment.get("name"))
    if label is None:
        draft.problem(at, "the alignment has no targetName; name the skill that is meant")
        return []
    framework = text(alignment.get("targetFramework"))
    named = framework.value if framework else "ESCO" if kind.startswith("ext:esco") else None
    return [Skill(label=label.value, id=_address(alignment), framework=named)]


def _address(alignment: Node) -> str | None:
    return identifier(alignment.get("targetUrl") or alignment.get("url"))


def _is_eqf(alignment: Node) -> bool:
    framework, address = alignment.get("targetFramework"), _address(alignment)
    return bool(
        (isinstance(framework, str) and _EQF.match(framework)) or (address is not None and _EQF_ADDRESS.match(address))
    )


def _state_eqf(draft: Draft, alignment: Node, at: str) -> None:
    """State the level as published; who assigned it is not said."""
    code = str(alignment.get("targetCode") or "")
    for key, value, pattern in (
        ("targetCode", code, _EQF_CODE),
        ("targetName", str(alignment.get("targetName") or ""), _EQF_CODE),
        ("targetUrl", str(alignment.get("targetUrl") or ""), _EQF_ADDRESS),
    ):
        if (match := pattern.fullmatch(value[:200])) and 1 <= int(match[1][:3]) <= 8:
            draft.state("level_framework", "eqf", f"{at}/{key}", value)
            draft.state("level_code", match[1], f"{at}/{key}", value)
            return
    draft.problem(at, f"the EQF has levels 1 to 8; the alignment's targetCode is {code[:40]!r}")


def _quality_assurance(draft: Draft, alignment: Node, at: str) -> list[Recognition]:
    """A decision about the quality of the program. Who decided has no property of its own in the profile, so that
    the recognition is named by its framework, else by what the decision is called."""
    for key in ("targetFramework", "targetName"):
        if name := text(alignment.get(key)):
            draft.state("qa_external_program", True, f"{at}/{key}", name.value)
            recognition = Recognition(
                kind="quality_assurance", body=name.value, scope="program", url=_address(alignment)
            )
            return [recognition]
    draft.problem(at, "the quality assurance has no targetName; name the decision")
    return []
