"""Where the corpus of real documents lies; tests that need it skip, and say so, where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORPUS = Path(os.environ.get("TOUCHSTONE_CORPUS", ROOT.parent / "shared" / "data"))
PROVIDERS = CORPUS / "providers"

needs_corpus = pytest.mark.skipif(
    not PROVIDERS.is_dir(), reason=f"the corpus of real documents is not at {CORPUS} (set TOUCHSTONE_CORPUS)"
)
