"""SQLite for a process of many threads; the database engine `console.sqlite3`."""
