"""The shipped archive server and its made-up directory, with the truth about each community.

Nothing imports this package but `cli` and the tests. Every person, place and address in it is
invented; all of it is served from loopback addresses, and links lead nowhere else but there or to
names below example.org.
"""
