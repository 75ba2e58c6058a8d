"""Published rubrics (`<id>/<version>.yaml`) and the library that loads, lints and tests them."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""The built-in rubrics, which come through the entry point `touchstone.rubrics` like anybody's."""
