"""A Django database backend for PostgreSQL that tells the server the tenant and the action before each statement.

Invariant: whenever a statement of the application runs, ``muniment.tenant`` and ``muniment.action`` on that
connection equal :func:`muniment.spine.session.wanted`. They are session settings, and a rollback takes back a
setting made inside the transaction, so after each rollback the connection counts as *unknown* and is told again.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base as stock

from muniment.spine import session

#: Where the triggers note the rows that an action changed; of this connection only, emptied at each commit.
POSTGRES_TOUCHED = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS muniment_touched "
    "(tbl text NOT NULL, pk text NOT NULL, PRIMARY KEY (tbl, pk)) ON COMMIT DELETE ROWS"
)


class DatabaseWrapper(stock.DatabaseWrapper):
    """The stock wrapper that keeps the server's settings equal to the context."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._told: tuple[str, str] | None = None
        self._rolling_back = False
        self.execute_wrappers.append(self._tell_first)

    def _tell_first(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        wish = session.wanted()
        if wish != self._told and not self._rolling_back:
            # Unknown until it is done: an error here must not leave a wrong belief behind.
            self._told = None
            # A line that is cut just here is the database's fault too, and whoever asked expects such a one.
            with self.wrap_database_errors:
                self.connection.execute(
                    "SELECT set_config('muniment.tenant', %s, false), set_config('muniment.action', %s, false)",
                    wish,
                )
            self._told = wish
        return execute(sql, params, many, context)

    def init_connection_state(self) -> None:
        """Prepare a new connection: the temporary table of touched rows, time-outs for locks."""
        super().init_connection_state()
        self._told = None
        self.connection.execute(POSTGRES_TOUCHED)
        if not self.get_autocommit():
            self.connection.commit()

    def _rollback(self) -> None:
        self._told = None
        super()._rollback()  # type: ignore[misc]  # the stubs do not know the private half of the wrapper

    def _savepoint_rollback(self, sid: str) -> None:
        # The transaction may be aborted: nothing but the rollback itself may be said to the server now.
        self._rolling_back = True
        try:
            super()._savepoint_rollback(sid)  # type: ignore[misc]  # as above
        finally:
            self._rolling_back, self._told = False, None

    def close(self) -> None:
        """Close the connection; the next one is told anew."""
        self._told = None
        super().close()
