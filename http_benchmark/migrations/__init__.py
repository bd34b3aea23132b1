"""The database schema's history, run by Alembic. `schema` is its newest state, `engine` opens databases."""
