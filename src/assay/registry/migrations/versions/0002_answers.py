"""The five answers of each audit, for a library that shows them without reading dossiers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column, empty: what it holds is made from the dossiers (`registry.migrated`)."""
    op.add_column("audit", sa.Column("answers", sa.Text(), nullable=False, server_default=""))
