"""The schema step by step, for Alembic."""
