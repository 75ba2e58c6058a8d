"""Manners of the HTTP interface: each module is one of them and knows nothing of programs or rubrics."""
