"""Changes of the schema, one file each, run by alembic."""
