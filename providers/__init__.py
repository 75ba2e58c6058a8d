"""Adapters that read program descriptions, one file per kind of source, and the only network code."""
