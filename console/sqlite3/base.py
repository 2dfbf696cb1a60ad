"""One writer at a time within a process waits in line, before SQLite instead of inside it.

A connection that waits inside SQLite for the write lock holds a mutex of its own. If meanwhile the
thread that has the write lock collects garbage, and in it a cursor of that connection, the two wait
for each other until the busy timeout, twenty seconds, and everyone behind them too. Here a thread
takes this process's turn first, so that none waits inside SQLite for another thread of its own
process. Between processes a transaction asks for the lock again every few milliseconds.
"""

import os
import re
import sqlite3
import threading
from functools import partial
from time import monotonic, sleep
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

_turn = threading.Lock()
LOOK_AGAIN_S = 0.002
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


def _forget() -> None:
    """A forked process starts with nobody's turn."""
    global _turn
    _turn = threading.Lock()


os.register_at_fork(after_in_child=_forget)


class DatabaseWrapper(base.DatabaseWrapper):
    _held: Any = None  # the lock, while this connection has the turn

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=partial(Cursor, wrapper=self))

    def take_turn(self) -> None:
        turn = _turn
        if not turn.acquire(timeout=self._patience_s):
            raise OperationalError("database is locked: another thread is writing")
        self._held = turn

    def leave_turn(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.release()

    @property
    def has_turn(self) -> bool:
        return self._held is not None

    def _start_transaction_under_autocommit(self) -> None:
        self.take_turn()
        try:
            self._begin()
        except BaseException:
            self.leave_turn()
            raise

    def _begin(self) -> None:
        """Between processes nobody is told when the lock is free: SQLite would look again after
        ever longer times, up to 100 ms, in which the lock is idle."""
        until = monotonic() + self._patience_s
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._has_begun():
                if monotonic() > until:
                    raise OperationalError("database is locked: another process is writing")
                sleep(LOOK_AGAIN_S)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(self._patience_s * 1000)}")

    def _has_begun(self) -> bool:
        with self.wrap_database_errors:
            try:
                self.connection.execute(f"BEGIN {self.transaction_mode or ''}")  # type: ignore[attr-defined]
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                return False
        return True

    @property
    def _patience_s(self) -> float:
        return float(self.settings_dict.get("OPTIONS", {}).get("timeout", 5))

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self.leave_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self.leave_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self.leave_turn()


class Cursor(base.SQLiteCursorWrapper):
    """Single writes outside a transaction take their turn too."""

    def __init__(self, connection: Any, wrapper: DatabaseWrapper) -> None:
        super().__init__(connection)
        self.wrapper = wrapper

    def execute(self, query: str, params: Any = None) -> Any:
        if not self._waits(query):
            return super().execute(query, params)
        self.wrapper.take_turn()
        try:
            return super().execute(query, params)
        finally:
            self.wrapper.leave_turn()

    def executemany(self, query: str, param_list: Any) -> Any:
        if not self._waits(query):
            return super().executemany(query, param_list)
        self.wrapper.take_turn()
        try:
            return super().executemany(query, param_list)
        finally:
            self.wrapper.leave_turn()

    def _waits(self, query: str) -> bool:
        alone = not self.wrapper.has_turn and not self.wrapper.in_atomic_block
        return alone and _WRITES.match(query) is not None
