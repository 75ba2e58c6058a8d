"""Credentials that were presented, and what happened to them since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credentials",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("verdict", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("file_until", sa.String(), nullable=True),
        sa.Column("checked", sa.String(), nullable=False),
        sa.Column("recheck", sa.String(), nullable=True),
        sa.Column("added", sa.String(), nullable=False),
        sa.Column("expires", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_credentials")),
        sa.UniqueConstraint("id", name=op.f("uq_credentials_id")),
    )
    for name in ("expires", "file_until", "recheck"):
        op.create_index(f"ix_credentials_{name}", "credentials", [name], unique=False)

    op.create_table(
        "events",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("credential", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["credential"], ["credentials.id"], name=op.f("fk_events_credential")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_events")),
        sa.UniqueConstraint("id", name=op.f("uq_events_id")),
    )
    op.create_index("ix_events_credential", "events", ["credential"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_events_credential", "events")
    op.drop_table("events")
    for name in ("recheck", "file_until", "expires"):
        op.drop_index(f"ix_credentials_{name}", "credentials")
    op.drop_table("credentials")
