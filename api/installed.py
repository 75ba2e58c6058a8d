"""What is installed and published with this service: providers, profiles and rubrics, read once at the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.rubric import Rubric
from evaluator.strict_yaml import SpecError
from providers import profile, provider
from providers.profile import Profile
from providers.provider import Provider
from rubrics import library


@dataclass(frozen=True)
class Installed:
    """Providers by name, profiles by closeness, and rubrics by id and version."""

    providers: Mapping[str, Provider]
    profiles: Sequence[Profile]
    rubrics: Sequence[Rubric]


def load(folders: Sequence[Path] = ()) -> Installed:
    """Everything installed, and the rubrics in `folders`.

    Raises SpecError, PluginError or RuntimeError that names what is broken: a service that quietly went without one of
    its rubrics would answer other questions than it was asked.
    """
    known = {rubric.name: rubric for rubric in library.installed()}
    for rubric in library.in_folders(folders) if folders else ():
        if known.setdefault(rubric.name, rubric) != rubric:
            says = f"{rubric.name} is installed with other content; a published version never changes, so raise it."
            raise SpecError([says])
    return Installed(providers=provider.installed(), profiles=profile.built_in(), rubrics=tuple(known.values()))
