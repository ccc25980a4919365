"""The product's verbs: what a command or the timetable can ask for, one function each.

Every function is handed the engine, the settings and the time (or a clock); none reads its own.
Import a verb from its own file: each file imports only what its verbs need.
"""
