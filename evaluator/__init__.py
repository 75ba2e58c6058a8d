"""Pure judgement: facts, programs, rubrics, scores, comparisons. No network, no database, no web."""

__version__ = "0.1.0"
