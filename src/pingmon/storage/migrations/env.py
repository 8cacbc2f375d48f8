"""alembic's entry: the connection is handed in by `database.migrate`."""

from alembic import context

from pingmon.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
