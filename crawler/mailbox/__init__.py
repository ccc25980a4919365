"""Reads subscribed mailboxes that only count: IMAP, Maildir and mbox files.

Nothing here knows the store: mail comes in, posts and stretches of time go out.

In short
    History: from the day on which the mailbox was subscribed.
    Idle visit: one login, and no mail fetched.
    Never seen: what was said before; what the list never sent to this mailbox.
"""
