from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.formats.digests import open_digest, read_texts

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
RECEIVED = datetime(2026, 6, 5, 12, tzinfo=UTC)

MIME = b"""\
From: nets-request@lists.example.org
Subject: Nets Digest, Vol 42, Issue 7
Content-Type: multipart/mixed; boundary="out"

--out
Content-Type: text/plain

Today's Topics:

   1. Nets (Ana)
--out
Content-Type: multipart/digest; boundary="in"

--in

From: Ana Diallo <ana@example.org>
Date: Thu, 4 Jun 2026 10:00:00 +0000
Message-ID: <one@example.org>
Subject: Nets

One.
--in
Content-Type: message/rfc822

From: =?utf-8?q?Zo=C3=A9?= <zoe@example.org>
Date: Thu, 4 Jun 2026 11:00:00 +0200
Message-ID: <two@example.org>
In-Reply-To: <one@example.org>
Subject: Re: Nets
Content-Type: multipart/mixed; boundary="post"

--post
Content-Type: text/plain

Two, with a mail inside:
--post
Content-Type: message/rfc822

From: nobody@example.org
Date: Mon, 1 Jan 2024 10:00:00 +0000
Message-ID: <inside@example.org>

Not a post.
--post--
--in--
--out--
"""

PLAIN = b"""\
From: nets-request@lists.example.org
Subject: Nets Digest, Vol 42, Issue 7
Content-Type: text/plain; charset=utf-8

Send Nets mailing list submissions to
	nets@lists.example.org

Today's Topics:

   1. Nets (Ana)
   2. Re: Nets (Ben)

----------------------------------------------------------------------

Message: 1
Date: Thu, 4 Jun 2026 10:00:00 +0000
From: Ana Diallo <ana@example.org>
To: nets@lists.example.org
Subject: Nets
Message-ID: <one@example.org>

How many?
----------------------------------------------------------------------
From: quoted@example.org
Date: Thu, 4 Jun 2026 09:00:00 +0000

------------------------------

Message: 2
Date: Thu, 4 Jun 2026 12:00:00 +0200
From: ben@example.org
Subject: Re: Nets
Message-ID: <two@example.org>

Many.

------------------------------

End of Nets Digest, Vol 42, Issue 7
***********************************
"""

GOOGLE = b"""\
From: nets@googlegroups.com
Subject: Digest for nets@googlegroups.com - 2 updates in 1 topic
Content-Type: text/plain; charset=utf-8

=============================================================================
Topic: Nets
Url: http://groups.google.com/group/nets/t/1
=============================================================================

---------- 1 of 2 ----------
From: Ana Diallo <ana@example.org>
Date: Jun 04 12:32PM -0400
Url: http://groups.google.com/group/nets/msg/1

How many?

---------- 2 of 2 ----------
From: ben@example.org
Date: Dec 31 01:05AM +0000
Url: http://groups.google.com/group/nets/msg/2

Many.
"""

GROUPS = b"""\
From: nets@groups.example.org
Subject: nets@groups.example.org Digest #12
Content-Type: text/plain; charset=utf-8

Do not reply to this message.

-=-=-=-=-=-=-=-=-=-=-=-
Topics in this digest:

1 Nets (2)

-=-=-=-=-=-=-=-=-=-=-=-

1a. Nets
From: Ana Diallo
Date: Thu, 04 Jun 2026 10:00:00 PDT

How many?

-=-=-=-=-=-=-=-=-=-=-=-

1b. Re: Nets
From: Ben
Date: Thu, 04 Jun 2026 11:00:00 PDT
Subject: Re: Nets

Many.
"""

HTML = b"""\
From: nets@groups.example.org
Subject: nets@groups.example.org Digest #13
Content-Type: text/html; charset=utf-8

<style>p {color: red}</style><p>Hello</p><hr>
<p>====================</p>
<div>From: Ana &lt;ana@example.org&gt;</div><div>Date: Thu, 4 Jun 2026 10:00:00 +0000</div>
<div>Subject: Nets</div><br><div>How many?</div>
"""


def opened(raw: bytes, **changes):
    subject = raw.partition(b"Subject: ")[2].splitlines()[0].decode()
    facts = {"subject": subject, "received": RECEIVED, "fetched_at": NOW}
    return open_digest(raw, **(facts | changes))


def test_the_posts_of_a_mime_digest_keep_their_ids_dates_and_writers():
    found = opened(MIME)
    assert found.whole
    assert [post.post_id for post in found.posts] == ["one@example.org", "two@example.org"]
    assert [post.author for post in found.posts] == ["ana@example.org", "zoe@example.org"]
    assert [post.at.isoformat() for post in found.posts] == [
        "2026-06-04T10:00:00+00:00",
        "2026-06-04T09:00:00+00:00",
    ]
    assert found.posts[1].reply_to == "one@example.org"


def test_a_plain_digest_is_cut_where_its_own_numbers_stand():
    found = opened(PLAIN)
    assert found.whole
    assert [post.post_id for post in found.posts] == ["one@example.org", "two@example.org"]
    assert found.posts[1].at == datetime(2026, 6, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize("cte", ["quoted-printable", "base64"])
def test_a_packed_digest_is_unpacked(cte):
    import base64
    import quopri

    top, _, body = PLAIN.partition(b"\n\n")
    packed = base64.encodebytes(body) if cte == "base64" else quopri.encodestring(body)
    raw = top + f"\nContent-Transfer-Encoding: {cte}\n\n".encode() + packed
    assert len(opened(raw).posts) == 2


def test_googles_dates_get_the_year_before_the_digest():
    found = opened(GOOGLE)
    assert found.whole
    assert [post.at for post in found.posts] == [
        datetime(2026, 6, 4, 16, 32, tzinfo=UTC),
        datetime(2025, 12, 31, 1, 5, tzinfo=UTC),
    ]
    assert found.posts[0].reply_to == found.posts[1].reply_to is not None


def test_a_digest_of_google_that_lacks_a_post_is_not_whole():
    found = opened(GOOGLE.replace(b"2 updates", b"3 updates"))
    assert len(found.posts) == 2
    assert not found.whole


def test_a_digest_of_a_group_server_is_cut_at_its_rules():
    found = opened(GROUPS)
    assert [post.author for post in found.posts] == ["Ana Diallo", "Ben"]
    assert len({post.post_id for post in found.posts}) == 2


def test_a_digest_of_html_alone_is_read_without_its_tags():
    (post,) = opened(HTML).posts
    assert post.author == "ana@example.org"
    assert post.at == datetime(2026, 6, 4, 10, tzinfo=UTC)


def test_a_digest_without_posts_is_not_whole():
    found = opened(b"Subject: Nets Digest, Vol 1, Issue 1\n\nNothing that we know.\n")
    assert found.posts == ()
    assert not found.whole


def test_a_digest_without_its_end_is_not_whole():
    assert not opened(MIME, cut=True).whole


def test_the_same_plain_digest_twice_gives_the_same_made_up_ids():
    first, again = opened(GROUPS), opened(GROUPS, received=NOW)
    assert [p.post_id for p in first.posts] == [p.post_id for p in again.posts]


def test_the_texts_of_a_mail_are_without_its_attachments():
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nKeep\n"
        b'--b\nContent-Type: text/plain; name="x.txt"\n'
        b'Content-Disposition: attachment; filename="x.txt"\n\nDrop\n--b--\n'
    )
    assert "Keep" in read_texts(raw)
    assert "Drop" not in read_texts(raw)
