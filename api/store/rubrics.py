"""Rubrics by digest, with their full text; and rubrics whose weights somebody changed for a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec
import yaml
from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import Session

from api.store.database import insert_missing
from api.store.packed import now
from api.store.tables import RubricRow, table
from evaluator.rubric import Rubric, parse_rubric
from evaluator.strict_yaml import did_you_mean

Weights = Mapping[str, Mapping[str, int]]
"""Weights by rubric id and criterion."""
HEAVIEST = 1000
_RUBRICS = table(RubricRow)


class BadWeights(ValueError):
    """Weights that fit no criterion, or that a criterion can't have."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A rubric of the store."""

    digest: str
    rubric: str
    version: str
    title: str
    text: str
    """Its YAML."""
    variant_of: str | None
    added: str


def add(session: Session, rubrics: Iterable[Rubric], variant_of: str | None = None) -> None:
    """Keep rubrics; one that is there already stays as it is."""
    given = {each.digest: each for each in rubrics}
    known = set(session.scalars(select(_RUBRICS.c.digest).where(_RUBRICS.c.digest.in_(given))))
    rows = [
        {
            "digest": each.digest,
            "rubric": each.rubric,
            "version": each.version,
            "title": each.title,
            "text": to_yaml(each),
            "variant_of": variant_of,
            "added": now(),
        }
        for digest, each in sorted(given.items())
        if digest not in known
    ]
    insert_missing(session, RubricRow, rows)


def get(session: Session, digest: str) -> Rubric | None:
    """The rubric of a digest."""
    kept = details(session, digest)
    return None if kept is None else _parsed(kept.text, f"{kept.rubric}@{kept.version}")


def details(session: Session, digest: str) -> Kept | None:
    """What the store holds of a rubric."""
    row = session.execute(select(_RUBRICS).where(_RUBRICS.c.digest == digest)).one_or_none()
    return None if row is None else Kept(**row._mapping)


@lru_cache(maxsize=128)
def to_yaml(rubric: Rubric) -> str:
    """A YAML text that gives the same rubric, with the same digest."""
    return yaml.safe_dump(rubric.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)


@lru_cache(maxsize=128)
def _parsed(text: str, name: str) -> Rubric:
    return parse_rubric(text, name)


def variant(rubric: Rubric, weights: Mapping[str, int]) -> Rubric:
    """The rubric with other weights for some criteria; its title and notes say so. The same weights change nothing.

    Raises BadWeights for a criterion that it has not, or a weight that is not a whole number from 1 to 1000.
    """
    known = {criterion.id: criterion for criterion in rubric.criteria}
    for name, weight in weights.items():
        if name not in known:
            raise BadWeights(f'the rubric {rubric.rubric} has no criterion "{name}".{did_you_mean(name, known)}')
        if isinstance(weight, bool) or not isinstance(weight, int) or not 1 <= weight <= HEAVIEST:
            raise BadWeights(f"the weight of {name} is a whole number from 1 to {HEAVIEST}, not {weight!r}")
    changed = {name: weight for name, weight in weights.items() if known[name].weight != weight}
    if not changed:
        return rubric
    content = rubric.model_dump(mode="json")
    for criterion in content["criteria"]:
        criterion["weight"] = changed.get(criterion["id"], criterion["weight"])
    told = ", ".join(f"{name} {weight} (published: {known[name].weight})" for name, weight in sorted(changed.items()))
    content["title"] += " (other weights)"
    content["notes"] += [f"Not as published: whoever compared gave other weights: {told}."]
    try:
        return Rubric.model_validate(content)
    except ValidationError as error:
        raise BadWeights(str(error)) from None


def changed_weights(given: Iterable[Rubric], judges: Iterable[Rubric]) -> Weights:
    """The weights of `judges` that differ from those of the rubrics they were made of, in the same order."""
    return {
        published.rubric: {
            new.id: new.weight
            for old, new in zip(published.criteria, judge.criteria, strict=True)
            if old.weight != new.weight
        }
        for published, judge in zip(given, judges, strict=True)
    }


def chosen(rubrics: Iterable[Rubric], weights: Weights) -> tuple[Rubric, ...]:
    """The rubrics, those that `weights` names with these weights. Raises BadWeights, also for a rubric not chosen."""
    given = tuple(rubrics)
    names = {each.rubric for each in given}
    for name in weights:
        if name not in names:
            raise BadWeights(f'weights are given for "{name}", which is not compared.{did_you_mean(name, names)}')
    return tuple(variant(each, weights.get(each.rubric, {})) for each in given)
