"""What stands on the form of a community's record: its fields, the criteria, likenesses."""

from __future__ import annotations

FIELDS = {
    "name": "Name",
    "url": "Address of its page",
    "description": "What it is",
    "host": "Run by",
    "languages": "Languages",
    "topics": "Topics",
    "regions": "Regions",
    "membership": "Who can join",
    "founded": "Since which year",
    "observable": "How it can be seen",
    "follows": "It grew out of",
    "followed_by": "What took its place",
    "owner_address": "Published address of its manager",
    "scope": "In the directory",
}
OBSERVABLE = {
    "crawl": "by anybody: a public archive or feed",
    "mailbox": "by a subscribed address",
    "no": "by members only",
    "unknown": "not known",
}
CRITERIA = {
    "open": "Anybody may join, or ask to",
    "functional": "People talk to each other there",
    "subject": "It is about global health",
    "free": "Joining costs nothing",
    "not_staff_only": "It is not only for the staff of one organisation",
}
MET_WORDS = {
    "yes": "yes",
    "no": "no",
    "unknown": "not known",
}
LIKENESS = {
    "url": "the same address",
    "title": "the same title",
    "host": "the same host, a similar title",
}
