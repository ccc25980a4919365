"""What is kept, in one database: functions on a session that return values of `domain`.

`engine` opens and upgrades the database and hands out sessions; every other file is a noun. The
functions change nothing by themselves: the caller's `writing()` block commits them together.
"""
