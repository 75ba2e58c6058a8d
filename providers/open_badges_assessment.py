"""How learning is assessed, as far as Open Badges say so: results, pass marks and the assessment extension.

Open Badges 3.0 `resultDescription` (https://www.imsglobal.org/spec/ob/v3p0/#resultdescription) and the 1EdTech
assessment extension, 1.0 for badge classes (http://purl.imsglobal.org/spec/ob-assessment/v1p0/schema/) and 2.0,
where its properties stand in a result description (http://purl.imsglobal.org/spec/ob-assessment/v2p0/schema/).
"""

from __future__ import annotations

import re
from typing import Any

from evaluator.program import Draft
from providers.json_document import escape, items, member, number, text
from providers.open_badges_contents import Node

_GRADED = {
    "GradePointAverage",
    "LetterGrade",
    "Percent",
    "PerformanceLevel",
    "PredictedScore",
    "RawScore",
    "RubricCriterion",
    "RubricCriterionLevel",
    "RubricScore",
    "ScaledScore",
}
"""Result types that somebody has to judge; `Status` and `Result` also hold for mere attendance."""
_METHODS = {
    "exam": "assessment_written",
    "performance": "assessment_practical",
    "artifact": "assessment_project",
}
"""The extension's closed list, brought to the dictionary as CTDL's methods of the same names are."""
_EXTENSION = re.compile(r"(?:.*[#/:])?assessmentextension", re.IGNORECASE)


def read_assessment(draft: Draft, node: Node, at: str) -> None:
    """State what results and assessment extensions of a badge class or achievement say."""
    pass_marks: list[tuple[float, str, object]] = []
    for result, place in items(node.get("resultDescription"), f"{at}/resultDescription"):
        if not isinstance(result, dict):
            draft.problem(place, "a result description is an object")
            continue
        _state_graded(draft, result, place)
        _state_method(draft, result, place, result.get("assessmentType"), f"{place}/assessmentType")
        _state_rubric(draft, items(result.get("rubricCriterionLevel"), f"{place}/rubricCriterionLevel"))
        pass_marks += _pass_mark(draft, result, place)
    if pass_marks:
        # Several results may each have their own; the lowest is what passing guarantees everywhere.
        draft.state("pass_mark", *min(pass_marks, key=lambda one: one[0]))
    for key in node:
        if _EXTENSION.fullmatch(key):
            _read_extension(draft, node[key], f"{at}/{escape(key)}")


def _state_graded(draft: Draft, result: Node, at: str) -> None:
    kind = result.get("resultType")
    if isinstance(kind, str) and kind in _GRADED:
        draft.state("assessment_exists", True, f"{at}/resultType", kind)
    elif kind not in ("Status", "Result"):
        required = "requiredLevel" if result.get("requiredLevel") else "requiredValue"
        if isinstance(result.get(required), (str, int, float)) and result.get(required) != "":
            draft.state("assessment_exists", True, f"{at}/{required}", result[required])


def _pass_mark(draft: Draft, result: Node, at: str) -> list[tuple[float, str, object]]:
    """The required value as a share of the scale from `valueMin` to `valueMax`; letters and open scales have none."""
    required, lowest, highest = (number(result.get(key)) for key in ("requiredValue", "valueMin", "valueMax"))
    if required is None or lowest is None or highest is None:
        return []
    if not (lowest < highest and lowest <= required <= highest):
        draft.problem(f"{at}/requiredValue", f"{required:g} is not on the scale from {lowest:g} to {highest:g}")
        return []
    share = round((required - lowest) / (highest - lowest), 4)
    return [(share, f"{at}/requiredValue", result["requiredValue"])]


def _read_extension(draft: Draft, extension: Any, at: str) -> None:
    for one, place in items(member(extension, "assessments"), f"{at}/assessments"):
        if not isinstance(one, dict):
            draft.problem(place, "an assessment is an object")
            continue
        key = "assessmentType" if "assessmentType" in one else "type"
        _state_method(draft, one, place, one.get(key), f"{place}/{key}")
        for rubric, where in items(one.get("rubrics"), f"{place}/rubrics"):
            _state_rubric(draft, items(member(rubric, "rubricCriteria"), f"{where}/rubricCriteria"))


def _state_method(draft: Draft, assessment: Node, at: str, kinds: Any, kinds_at: str) -> None:
    for kind, place in items(kinds, kinds_at):
        fact = _METHODS.get(re.split(r"[#/:]|AssessmentExtension", kind)[-1].lower()) if isinstance(kind, str) else None
        if fact:
            draft.state("assessment_exists", True, place, kind)
            draft.state(fact, True, place, kind)
    as_group = assessment.get("hasGroupEvaluation")
    if isinstance(as_group, bool):
        draft.state("assessment_group", as_group, f"{at}/hasGroupEvaluation")


def _state_rubric(draft: Draft, levels: list[Any]) -> None:
    """A rubric is published where its levels or criteria are described, not where they are only named."""
    for level, place in levels:
        if description := text(member(level, "description")):
            draft.state("marking_rubric_published", True, f"{place}/description", description.value)
            return
