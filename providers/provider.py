"""What a provider is, and how the installed ones are found.

A provider is a value, not a class to inherit from: `ctdl.py` ends with `provider = Provider(...)`, and one line
in `pyproject.toml` under `touchstone.providers` names it. The built-in ones come through the same door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from evaluator.program import Document, Reading


@dataclass(frozen=True)
class Provider:
    """An adapter for one source of program descriptions."""

    name: str
    """Identifier, as in `--provider`."""
    title: str
    """What it reads, in words."""
    recognises: Callable[[Document], bool]
    """Whether a document is of its kind: cheap, never raises."""
    read: Callable[[Document], Reading]
    """Programs and problems. Never raises for what a document holds; pure."""


class PluginError(RuntimeError):
    """An installed plugin can't be loaded."""


@cache
def installed() -> dict[str, Provider]:
    """Every installed provider by name. Raises PluginError that names the broken distribution."""
    return load(entry_points(group="touchstone.providers"))


def load(points: Iterable[EntryPoint]) -> dict[str, Provider]:
    """The provider behind each entry point, by its own name. Raises PluginError that names the broken distribution."""
    found: dict[str, Provider] = {}
    for point in sorted(points, key=lambda point: point.name):
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"
        try:
            loaded = point.load()
        except Exception as error:
            raise PluginError(f'The provider "{point.name}" of {origin} can\'t be loaded: {error!r}') from error
        if not isinstance(loaded, Provider):
            raise PluginError(f'The provider "{point.name}" of {origin} is not a providers.provider.Provider')
        if loaded.name in found:
            raise PluginError(f'Two plugins provide "{loaded.name}"; the second is of {origin}')
        found[loaded.name] = loaded
    return found
