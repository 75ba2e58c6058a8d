"""The first tables: documents, programs in versions, scorecards, comparisons, keys, idempotency, jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created", sa.String(), nullable=False),
        sa.Column("last_used", sa.String(), nullable=True),
        sa.Column("revoked", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
    )
    op.create_table(
        "comparisons",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparisons")),
    )
    op.create_table(
        "documents",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("retrieved", sa.String(), nullable=False),
        sa.Column("last_seen", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("read_as", sa.String(), nullable=True),
        sa.Column("problems", sa.LargeBinary(), nullable=True),
        sa.Column("added", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_documents")),
        sa.UniqueConstraint("digest", name=op.f("uq_documents_digest")),
    )
    op.create_index("ix_documents_url", "documents", ["url"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("started", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_idempotency")),
        sa.UniqueConstraint("token", name=op.f("uq_idempotency_token")),
    )
    op.create_index("ix_idempotency_started", "idempotency", ["started"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.String(), nullable=True),
        sa.Column("created", sa.String(), nullable=False),
        sa.Column("finished", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_state", "jobs", ["state"], unique=False)

    op.create_table(
        "programs",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("issuer", sa.String(), nullable=True),
        sa.Column(
            "sort_title",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "sort_issuer",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("seen_on", sa.String(), nullable=False),
        sa.Column("added", sa.String(), nullable=False),
        sa.Column("changed", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_programs")),
        sa.UniqueConstraint("key", name=op.f("uq_programs_key")),
    )
    op.create_index("ix_programs_digest", "programs", ["digest"], unique=False)
    op.create_index("ix_programs_sort_issuer_number", "programs", ["sort_issuer", "number"], unique=False)
    op.create_index("ix_programs_sort_title_number", "programs", ["sort_title", "number"], unique=False)

    op.create_table(
        "rubrics",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("rubric", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("variant_of", sa.String(), nullable=True),
        sa.Column("added", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["variant_of"], ["rubrics.digest"], name=op.f("fk_rubrics_variant_of")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rubrics")),
    )
    op.create_index("ix_rubrics_rubric", "rubrics", ["rubric"], unique=False)

    op.create_table(
        "corrections",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("program", sa.Integer(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["program"], ["programs.number"], name=op.f("fk_corrections_program")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_corrections")),
    )
    op.create_index("ix_corrections_program", "corrections", ["program"], unique=False)

    op.create_table(
        "job_items",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("document", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.number"], name=op.f("fk_job_items_document")),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_job_items_job")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_job_items")),
        sa.UniqueConstraint("job", "position", name=op.f("uq_job_items_job_position")),
    )
    op.create_table(
        "program_versions",
        sa.Column("program", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["program"], ["programs.number"], name=op.f("fk_program_versions_program")),
        sa.PrimaryKeyConstraint("program", "version", name=op.f("pk_program_versions")),
    )
    op.create_index("ix_program_versions_digest", "program_versions", ["digest"], unique=False)

    op.create_table(
        "readings",
        sa.Column("program", sa.Integer(), nullable=False),
        sa.Column("document", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.number"], name=op.f("fk_readings_document")),
        sa.ForeignKeyConstraint(["program"], ["programs.number"], name=op.f("fk_readings_program")),
        sa.PrimaryKeyConstraint("program", "document", name=op.f("pk_readings")),
    )
    op.create_index("ix_readings_document", "readings", ["document"], unique=False)

    op.create_table(
        "scorecards",
        sa.Column("program_digest", sa.String(), nullable=False),
        sa.Column("rubric_digest", sa.String(), nullable=False),
        sa.Column("as_of", sa.String(), nullable=False),
        sa.Column("evidenced", sa.Float(), nullable=False),
        sa.Column("stated", sa.Float(), nullable=False),
        sa.Column("possible", sa.Float(), nullable=False),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["rubric_digest"], ["rubrics.digest"], name=op.f("fk_scorecards_rubric_digest")),
        sa.PrimaryKeyConstraint("program_digest", "rubric_digest", "as_of", name=op.f("pk_scorecards")),
    )
    op.create_index(
        "ix_scorecards_bars",
        "scorecards",
        ["rubric_digest", "as_of", "program_digest", "evidenced", "stated", "possible", "coverage"],
    )
    _create_search()


def _create_search() -> None:
    """The full-text index, in the way of each database; `api.store.search` fills and asks it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE program_search USING fts5(words, tokenize = 'ascii', detail = 'none')")
    else:
        op.execute(
            "CREATE TABLE program_search "
            "(number INTEGER PRIMARY KEY REFERENCES programs (number), words TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_program_search_words ON program_search USING GIN (words)")


def downgrade() -> None:
    op.execute("DROP TABLE program_search")
    op.drop_table("scorecards")
    op.drop_index("ix_readings_document", "readings")

    op.drop_table("readings")
    op.drop_index("ix_program_versions_digest", "program_versions")

    op.drop_table("program_versions")
    op.drop_table("job_items")
    op.drop_index("ix_corrections_program", "corrections")

    op.drop_table("corrections")
    op.drop_index("ix_rubrics_rubric", "rubrics")

    op.drop_table("rubrics")
    op.drop_index("ix_programs_sort_title_number", "programs")
    op.drop_index("ix_programs_sort_issuer_number", "programs")
    op.drop_index("ix_programs_digest", "programs")

    op.drop_table("programs")
    op.drop_index("ix_jobs_state", "jobs")

    op.drop_table("jobs")
    op.drop_index("ix_idempotency_started", "idempotency")

    op.drop_table("idempotency")
    op.drop_index("ix_documents_url", "documents")

    op.drop_table("documents")
    op.drop_table("comparisons")
    op.drop_table("api_keys")
