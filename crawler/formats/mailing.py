"""From which list a mail in a subscribed mailbox comes, and whether it is a post at all.

A list is known by a key: its List-Id, or its posting address with a dot for the `@` (lists are
numbered so by nearly all list servers, and a directory may know either). Mail of the list server
itself is no post, but it shows that the address is still subscribed.

Source: RFC 2919 (List-Id), RFC 2369 (List-Post), RFC 3834 (Auto-Submitted), RFC 3462 (reports);
Mailman's X-BeenThere and X-List-Administrivia; ezmlm's and Yahoo's Mailing-List.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crawler.formats.dates import read_date
from crawler.formats.encoded_words import decode_bytes, read_encoded_words

PREFIX = "list:"
GOOGLE_ID = "google-group-id:"
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_FOLD = re.compile(r"[\r\n\0]+[ \t]*")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,254}@(?:[\w-]{1,63}\.){0,30}[\w-]{1,63}")
_ANGLED = re.compile(r"<([^<>]*)>")
_VIA = re.compile(r"\s(?:via|v[ií]a|por|par)\s\S", re.IGNORECASE)
_KEY = re.compile(r"[\w.+!#$%&'*/=?^{|}~-]+\.[\w-]+|" + GOOGLE_ID + r"\d+")
_LONGEST_KEY = 200

_OF_THE_LIST = re.compile(
    r"owner-(.+)|(.+?)[-+](?:request|owner|owners|bounces?|confirm|join|leave|subscribe|unsubscribe"
    r"|admin|help|errors?|noreply|no-reply|return)(?:[-+=].*)?"
)
_ROBOT = re.compile(
    r"mailer-daemon|postmaster|mailman(-.*)?|majordomo(-.*)?|listserv|sympa(-.*)?|ezmlm(-.*)?"
    r"|no-?_?reply|do-?_?not-?_?reply|notifications?"
)
_REPLY = re.compile(
    r"\s*+(?:\[[^\]]*+\]\s*+)?(?:re|aw|antw|sv|vs|fwd?|wg|tr|rv|enc|res|ha|отв)\s*:", re.IGNORECASE
)
_DIGEST = re.compile(
    r"\b(?:vol(?:ume|umen)?|band|v)\.? ?\d+[,:]? (?:\S+ |#)\d+\s*$"
    r"|\bdigest\b(?: of\b.*| for\b.*| number\b.*|.* #\d+.*|.*\(#.*|.*\b\d{4}\b.*)"
    r"|^(?:\[[^\]]*\] *)?abridged summary of \S+@"
    r"|\bdaily (?:digest|summary)\b",
    re.IGNORECASE,
)
_SERVICE_SUBJECT = re.compile(
    r"^(?:re: )?confirm [0-9a-f+]{6,}|memberships? reminder|awaits? moderator|requires? approval"
    r"|moderator request|results? of your (?:email )?commands?|command confirmation request"
    r"|undelivera|delivery (?:status|failure)|returned mail|bounce action",
    re.IGNORECASE,
)
_WELCOME = re.compile(
    r"\bwelcome to\b|\byou (?:have been|are now|were) (?:subscribed|added|a member)"
    r"|\bbienvenue|\bbienvenid|\bbem-?vindo|\bwillkommen|\bbenvenut|добро пожаловать",
    re.IGNORECASE,
)
_GOODBYE = re.compile(
    r"\bunsubscribed\b|\byou have been removed\b|\bgoodbye\b|\bsigned? ?off\b"
    r"|\b(?:subscription|membership|delivery)\b.*\b(?:disabled|suspended|ended|cancelled)\b"
    r"|\bdésabonn|\bdésinscri|\bdado de baja|\bdescadastrad|\babgemeldet|\bcancellat",
    re.IGNORECASE,
)


class MailKind(StrEnum):
    """What a mail is to its list. Only posts and what is in digests are counted."""

    POST = "post"
    DIGEST = "digest"
    SERVICE = "service"
    MEMBERSHIPS = "memberships"
    WELCOME = "welcome"
    GOODBYE = "goodbye"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMail:
    """One mail as its head tells: the keys of its list, best first, and what it is to the list.

    `named` holds the keys of the addresses in To and Cc, only where nothing else names a list.
    `received` is when the last server on the way took it. `own_sender` says that the From line
    gives the list's own address as that of the writer; `sender_name` is the name beside it.
    """

    keys: tuple[str, ...]
    named: tuple[str, ...]
    kind: MailKind
    received: datetime | None
    subject: str
    own_sender: bool = False
    sender_name: str = ""


def read_list_key(text: str) -> str | None:
    """The key of a list from its address in the directory: `list:…`, a List-Id, or where to post.

    `None` when the text can be neither.
    """
    bare = text.strip().lower().removeprefix(PREFIX).removeprefix("mailto:").strip("<> ")
    key = bare.replace("@", ".")
    return key if bare.count("@") <= 1 and _KEY.fullmatch(key) else None


def read_list_mail(head: bytes) -> ListMail:
    """What one mail's head says of its list."""
    fields = _read_fields(head)
    keys = _read_keys(fields)
    sender = _first(fields, "from")
    address = _find_address(sender)
    local = address.partition("@")[0]
    stem = _OF_THE_LIST.fullmatch(local)
    named: tuple[str, ...] = ()
    if not keys:
        named = _keys_of(_ADDRESS.findall(" ".join(fields.get("to", []) + fields.get("cc", []))))
        if stem is not None:
            named = (*_keys_of([f"{stem[1] or stem[2]}@{address.partition('@')[2]}"]), *named)
    subject = " ".join(read_encoded_words(_first(fields, "subject")).split())
    own = _is_own(local, keys or named)
    munged = _VIA.search(read_encoded_words(sender)) is not None
    robot = not munged and (
        _ROBOT.fullmatch(local) is not None
        or (stem is not None and _is_own(stem[1] or stem[2], keys or named))
    )
    kind = _read_kind(fields, subject, robot=robot, own=own and not munged)
    return ListMail(
        keys=keys,
        named=named,
        kind=kind,
        received=_read_received(_first(fields, "received")),
        subject=subject,
        own_sender=own and not munged,
        sender_name=sender.partition("<")[0].strip() if "<" in sender else "",
    )


# ---- which list ---------------------------------------------------------------------------


def _read_keys(fields: dict[str, list[str]]) -> tuple[str, ...]:
    """What the list server itself wrote of the list, the surest first."""
    found: list[str] = []
    for text in fields.get("list-id", []):
        angled = _ANGLED.findall(text)
        found.append(angled[-1] if angled else text.split()[-1] if text.split() else "")
    for name in ("list-post", "x-beenthere", "x-mailing-list", "mailing-list", "x-list"):
        for text in fields.get(name, []):
            found += _ADDRESS.findall(text.replace("mailto:", " "))[:1]
    for text in fields.get("delivered-to", []):
        if text.lower().startswith("mailing list "):
            found += _ADDRESS.findall(text)[:1]
    found += [GOOGLE_ID + n for n in fields.get("x-google-group-id", []) if n.isdigit()]
    for text in fields.get("list-owner", []):
        for address in _ADDRESS.findall(text.replace("mailto:", " "))[:1]:
            local, _, host = address.partition("@")
            stem = _OF_THE_LIST.fullmatch(local.lower())
            found += [f"{stem[1] or stem[2]}@{host}"] if stem is not None else []
    return _keys_of(found)


def _keys_of(texts: list[str]) -> tuple[str, ...]:
    keys = (read_list_key(text[:_LONGEST_KEY]) for text in texts)
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def _is_own(local: str, keys: tuple[str, ...]) -> bool:
    """True when that is the name before the `@` of the list's own address."""
    return bool(local) and any(key.startswith(f"{local}.") for key in keys)


# ---- what it is ---------------------------------------------------------------------------


def _read_kind(fields: dict[str, list[str]], subject: str, *, robot: bool, own: bool) -> MailKind:
    """Digests come from the list server too, so they are told first."""
    content = _first(fields, "content-type").lower()
    if content.startswith("multipart/digest"):
        return MailKind.DIGEST
    if (robot or own) and not _REPLY.match(subject) and _DIGEST.search(subject):
        return MailKind.DIGEST
    if not _is_service(fields, content, subject, robot=robot, own=own):
        return MailKind.POST
    if "memberships reminder" in subject:
        return MailKind.MEMBERSHIPS
    if _GOODBYE.search(subject):
        return MailKind.GOODBYE
    return MailKind.WELCOME if _WELCOME.search(subject) else MailKind.SERVICE


def _is_service(
    fields: dict[str, list[str]], content: str, subject: str, *, robot: bool, own: bool
) -> bool:
    if content.startswith(("multipart/report", "message/delivery-status")):
        return True
    if "x-list-administrivia" in fields or _first(fields, "return-path") == "<>":
        return True
    if "x-discourse-post-id" in fields:
        return False  # it marks every post as made by a program
    answered = _first(fields, "auto-submitted").lower()
    if answered and not answered.startswith("no"):
        return True
    if "x-autoreply" in fields or _first(fields, "precedence").lower() == "auto_reply":
        return True
    return robot or (own and _is_of_the_server(subject))


def _is_of_the_server(subject: str) -> bool:
    told = (_SERVICE_SUBJECT, _WELCOME, _GOODBYE)
    return any(pattern.search(subject) for pattern in told)


def _read_received(text: str) -> datetime | None:
    _, semicolon, date = text.rpartition(";")
    return read_date(date.strip()) if semicolon else None


# ---- header fields ------------------------------------------------------------------------


def _read_fields(head: bytes) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(head):
        text = _FOLD.sub(" ", decode_bytes(value).strip())
        fields.setdefault(name.decode("ascii").lower(), []).append(text.strip())
    return fields


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _find_address(sender: str) -> str:
    """The address of a From line, in lower case; empty when there is none."""
    angled = _ANGLED.findall(sender)
    found = _ADDRESS.search(angled[-1] if angled else sender) or _ADDRESS.search(sender)
    return found[0].lower() if found is not None else ""
