"""Programs tell by which version and profiles they were formed, so that a change of those is noticed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programs", sa.Column("formed_by", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("programs", "formed_by")
