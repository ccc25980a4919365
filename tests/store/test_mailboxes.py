from __future__ import annotations

from datetime import timedelta

from store.engine import writing
from store.mailboxes import MailboxList, add_mails, list_mailbox_lists


def test_mail_of_a_list_adds_up_and_its_first_day_stays(engine, now):
    day = timedelta(days=1)

    def came(mails, first, last, mailbox="lists"):
        return MailboxList(
            mailbox=mailbox,
            list_id="nets.example.org",
            mails=mails,
            first_received=first,
            last_received=last,
        )

    with writing(engine) as s:
        add_mails(s, came(3, now - 9 * day, now - 5 * day))
        add_mails(s, came(2, now - 4 * day, now - day))
        add_mails(s, came(1, now, now, mailbox="other"))
        assert list_mailbox_lists(s, "lists") == [came(5, now - 9 * day, now - day)]
        assert len(list_mailbox_lists(s)) == 2
