"""One conversation with a mail server: opened with time-outs, one mail at a time, told in words."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.utils import parseaddr
from enum import StrEnum
from ipaddress import ip_address

from domain.errors import ConfigError, MailFailed

TIMEOUT_SECONDS = 30.0
# A reply that says that the server itself stops, whatever was asked of it (RFC 5321, 3.8).
CLOSING = 421
PERMANENT = 500
LONGEST_TEXT = 200


class Tls(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The server that takes our mail.

    Raises: ConfigError when a password would cross the network unprotected.
    """

    host: str
    port: int
    tls: Tls = Tls.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS

    def __post_init__(self) -> None:
        if self.user and self.tls is Tls.NONE and not _on_this_machine(self.host):
            raise ConfigError(
                "the password would cross the network unprotected",
                where=self.place,
                to_do='set mail.tls to "starttls" or "tls"',
            )

    @property
    def place(self) -> str:
        """The server as messages name it."""
        return f"mail server {self.host}:{self.port}"


class Answer(StrEnum):
    """What the server said to one mail."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The server's answer to one mail, with its code and text when it was not taken."""

    answer: Answer
    text: str = ""


class MailServer:
    """A conversation that is opened when the first mail goes, and again after it broke."""

    def __init__(self, smtp: SmtpSettings) -> None:
        self._smtp = smtp
        self._open: smtplib.SMTP | None = None

    def deliver(self, recipient: str, message: bytes) -> Reply:
        """What the server said to this mail for this reader.

        Raises: MailFailed when the fault is the server's or the line's: it does not answer, is not
        protected as asked, refuses us, or broke off, so that nothing is known about this mail.
        """
        if not recipient.isascii():
            return Reply(answer=Answer.REFUSED, text="the address has letters beyond ASCII")
        try:
            if self._open is None:
                self._open = _connect(self._smtp)
            return _offer(self._open, recipient, message)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise _server_failed(self._smtp, error) from error

    def greet(self) -> None:
        """Nothing, once the server has taken us in; no mail is sent.

        Raises: MailFailed.
        """
        try:
            self._open = _connect(self._smtp)
        except (OSError, smtplib.SMTPException) as error:
            raise _server_failed(self._smtp, error) from error

    def close(self) -> None:
        """Says goodbye; a server that is gone already is none of our business any more."""
        server, self._open = self._open, None
        if server is None:
            return
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


def _offer(server: smtplib.SMTP, recipient: str, message: bytes) -> Reply:
    sender = parseaddr(str(message_from_bytes(message, policy=policy.SMTP)["From"]))[1]
    try:
        server.sendmail(sender, [recipient], message)
    except smtplib.SMTPRecipientsRefused as error:
        return _read_reply(*error.recipients[recipient])
    except smtplib.SMTPDataError as error:
        return _read_reply(error.smtp_code, error.smtp_error)
    return Reply(answer=Answer.TAKEN)


def _server_failed(smtp: SmtpSettings, error: Exception) -> MailFailed:
    """The failure of a whole server in words."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return MailFailed(
            "it refuses our user name or password",
            where=smtp.place,
            to_do="check mail.user and the password file; the mails wait",
        )
    return MailFailed(
        _describe(error),
        where=smtp.place,
        to_do="check mail.host, mail.port and mail.tls, or wait: the mails are kept",
    )


def _connect(smtp: SmtpSettings) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    server: smtplib.SMTP
    if smtp.tls is Tls.TLS:
        server = smtplib.SMTP_SSL(
            smtp.host, smtp.port, timeout=smtp.timeout_seconds, context=trusted
        )
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, timeout=smtp.timeout_seconds)
    try:
        if smtp.tls is Tls.STARTTLS:
            server.starttls(context=trusted)
        if smtp.user:
            server.login(smtp.user, smtp.password)
    except BaseException:
        server.close()
        raise
    return server


def _read_reply(code: int, text: bytes | str) -> Reply:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if code == CLOSING:
        raise smtplib.SMTPServerDisconnected(f"{code} {words}")
    answer = Answer.REFUSED if code >= PERMANENT else Answer.LATER
    return Reply(answer=answer, text=f"{code} {' '.join(words.split())}"[:LONGEST_TEXT])


def _describe(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return f"it says {error.smtp_code} {' '.join(words.split())}"[:LONGEST_TEXT]
    if TimeoutError in (type(error), type(error.__context__)):
        return "it does not answer in time"
    return f"it cannot be used ({str(error) or type(error).__name__})"[:LONGEST_TEXT]


def _on_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
