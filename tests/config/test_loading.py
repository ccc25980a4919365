from __future__ import annotations

from pathlib import Path

import pytest

import config
from domain.errors import ConfigError


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def write(folder: Path, text: str) -> Path:
    file = folder / config.FILE_NAME
    file.write_text(text, encoding="utf-8")
    return file


def refused(folder: Path, text: str = "", **environ: str) -> str:
    if text:
        write(folder, text)
    with pytest.raises(ConfigError) as caught:
        config.load(folder, environ)
    assert caught.value.exit_code == 3
    return caught.value.line


def test_a_folder_without_a_file_has_every_default(folder):
    settings = config.load(folder, {})
    assert settings.contact == ""
    assert settings.database_url == f"sqlite:///{folder}/rollcall.db"
    assert settings.delay_seconds == 1.0
    assert settings.schedule.look_every_seconds == 5.0
    assert str(settings.schedule.weekly_report) == "Mon 06:00"
    assert settings.mail.tls is config.Tls.STARTTLS
    assert not settings.allow_private
    assert settings.origins["delay_seconds"] == "default"


def test_the_file_goes_before_the_defaults_and_its_line_is_the_origin(folder):
    file = write(folder, 'contact = "a@example.org"\n\n[web]\nport = 9000\n')
    settings = config.load(folder, {})
    assert settings.web.port == 9000
    assert settings.origins["web.port"] == f"{file}:4"
    assert settings.origins["contact"] == f"{file}:1"


def test_the_environment_goes_before_the_file_and_flags_before_both(folder):
    write(folder, 'database_url = "sqlite:///a.db"\nallow_private = false\n[web]\nport = 9000\n')
    environ = {"ROLLCALL_DATABASE_URL": "sqlite:///b.db", "ROLLCALL_ALLOW_PRIVATE": "1"}
    settings = config.load(folder, environ, flags={"web.port": 9001})
    assert settings.database_url == "sqlite:///b.db"
    assert settings.origins["database_url"] == "environment ROLLCALL_DATABASE_URL"
    assert settings.allow_private is True
    assert settings.web.port == 9001
    assert settings.origins["web.port"] == "command line"


def test_the_folder_comes_from_the_environment_when_none_is_named(folder):
    settings = config.load(None, {"ROLLCALL_DATA": str(folder)})
    assert settings.data_dir == folder
    assert settings.origins["data_dir"] == "environment ROLLCALL_DATA"


def test_without_any_word_the_folder_is_the_users_own():
    settings = config.load(None, {})
    assert settings.data_dir.name == "rollcall"
    assert settings.origins["data_dir"] == "default"


@pytest.mark.parametrize(
    ("text", "line", "nearest"),
    [
        ('contcat = "a@example.org"', 1, "contact"),
        ("\n\ndelay_secconds = 2.0", 3, "delay_seconds"),
        ("[web]\nprot = 1", 2, "web.port"),
        ("[shedule]\nlook_every_seconds = 1", 1, "schedule"),
    ],
)
def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_name(folder, text, line, nearest):
    told = refused(folder, text)
    assert f"{folder / config.FILE_NAME}:{line}: there is no setting" in told
    assert f"did you mean {nearest!r}?" in told


def test_an_unknown_key_with_no_near_name_says_where_all_are_listed(folder):
    assert "`rollcall config show`" in refused(folder, "zzz = 1")


def test_an_unknown_variable_of_ours_is_refused(folder):
    told = refused(folder, ROLLCALL_DATABSE_URL="x")
    assert told == (
        "environment: there is no setting 'ROLLCALL_DATABSE_URL'"
        " → did you mean 'ROLLCALL_DATABASE_URL'?"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("contact = 3", "contact must be a text"),
        ('contact = "nobody"', "contact must be a mail address or a web page"),
        ('delay_seconds = "1"', "delay_seconds must be a number"),
        ("delay_seconds = true", "delay_seconds must be a number"),
        ("delay_seconds = -1", "must be from 0 to 3600"),
        ("allow_private = 1", "allow_private must be true or false"),
        ('user_agent_name = "two words"', "must be one word"),
        ("[web]\nport = 8080.5", "web.port must be a whole number"),
        ("[web]\nport = 70000", "must be from 1 to 65535, not 70000"),
        ('[web]\npublic_url = "example.org"', "must start with https://"),
        ('[schedule]\nweekly_report = "Monday 6"', 'like "Mon 06:00"'),
        ('[schedule]\nweekly_report = "Mon 24:00"', 'like "Mon 06:00"'),
        ('[schedule]\ntime_zone = "Mars/Base"', "must be a time zone"),
        ("[schedule]\nlook_every_seconds = 6", "must be from 0.05 to 5"),
        ('[report]\nrecipients = "a@example.org"', "must be a list of mail addresses"),
        ('[report]\nrecipients = ["nobody"]', "must be a mail address"),
        ('[mail]\ntls = "ssl"', 'must be "starttls", "tls" or "none"'),
        ('[scoring]\np_quiet_dormant = "x"', "must be a number"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(folder, text, told):
    assert told in refused(folder, text)


def test_the_bounds_of_the_revisits_must_be_in_order(folder):
    text = "[schedule]\nshortest_revisit_hours = 10\nlongest_revisit_hours = 2"
    assert "more than" in refused(folder, text)


def test_a_section_written_as_a_value_is_refused(folder):
    assert "write it as [web]" in refused(folder, "web = 3")


@pytest.mark.parametrize("text", ["a = = b", "\xff = 1"])
def test_a_file_that_is_no_toml_is_refused(folder, text):
    (folder / config.FILE_NAME).write_bytes(text.encode("latin-1"))
    assert "is not TOML" in refused(folder)


def test_a_file_that_cannot_be_read_is_refused(folder):
    (folder / config.FILE_NAME).mkdir()
    assert "cannot be read" in refused(folder)


# ---- hosts --------------------------------------------------------------------------------


def test_a_host_may_have_a_delay_of_its_own(folder):
    write(folder, '[hosts."lists.example.org"]\ndelay_seconds = 5\n')
    settings = config.load(folder, {})
    assert settings.delay_for("Lists.example.org") == 5.0
    assert settings.delay_for("example.org") == 1.0
    assert settings.origins["hosts.lists.example.org.delay_seconds"].endswith(":2")


@pytest.mark.parametrize(
    "text",
    [
        "[hosts.lists.example.org]\ndelay_seconds = 5",
        '[hosts."lists.example.org:8080"]\ndelay_seconds = 5',
        '[hosts."Lists.Example.org"]\ndelay_seconds = 5',
        "hosts = 3",
    ],
)
def test_a_host_is_its_name_in_quotes_in_small_letters_without_port(folder, text):
    assert 'write it like [hosts."lists.example.org"]' in refused(folder, text)


def test_an_unknown_key_of_a_host_is_refused(folder):
    text = '[hosts."lists.example.org"]\ndelay = 5'
    assert "did you mean 'delay_seconds'?" in refused(folder, text)


# ---- secrets ------------------------------------------------------------------------------


def test_a_password_in_the_file_is_refused(folder):
    told = refused(folder, '[mail]\npassword = "hunter2"')
    assert "password_file" in told
    assert "hunter2" not in told


def test_a_password_is_read_from_a_file_beside_the_settings(folder):
    (folder / "smtp").write_text("hunter2\n")
    write(folder, '[mail]\npassword_file = "smtp"')
    assert config.load(folder, {}).mail.password == "hunter2"


def test_a_password_from_the_environment_goes_first(folder):
    (folder / "smtp").write_text("hunter2\n")
    environ = {
        "ROLLCALL_SMTP_PASSWORD_FILE": str(folder / "smtp"),
        "ROLLCALL_SMTP_PASSWORD": "hunter3",
    }
    assert config.load(folder, environ).mail.password == "hunter3"


def test_a_missing_password_file_is_refused(folder):
    assert "cannot be read" in refused(folder, '[mail]\npassword_file = "nowhere"')


def test_no_secret_is_in_the_text_of_the_settings(folder):
    environ = {
        "ROLLCALL_SMTP_PASSWORD": "hunter3",
        "ROLLCALL_DATABASE_URL": "postgresql://me:hunter4@db.example.org/rollcall",
    }
    settings = config.load(folder, environ)
    shown = {setting.name: setting.value for setting in config.list_settings(settings)}
    assert shown["mail.password"] == "***"
    assert shown["database_url"] == "postgresql://me:***@db.example.org/rollcall"
    assert "hunter" not in repr(settings) + repr(shown)


# ---- types --------------------------------------------------------------------------------


def test_each_reader_gives_what_the_annotation_of_its_setting_says(folder):
    from dataclasses import fields, is_dataclass
    from typing import get_args, get_origin, get_type_hints

    def check(value: object, kind: object) -> None:
        if get_origin(kind) is tuple:
            assert isinstance(value, tuple)
        elif get_args(kind) and get_origin(kind) is not None and not isinstance(kind, type):
            assert any(isinstance(value, one) for one in get_args(kind) if isinstance(one, type))
        elif isinstance(kind, type):
            assert type(value) is kind or (kind is Path and isinstance(value, Path))

    def walk(value: object) -> int:
        hints = get_type_hints(type(value))
        checked = 0
        for field in fields(value):  # type: ignore[arg-type]
            own = getattr(value, field.name)
            if is_dataclass(own) and not isinstance(own, config.WeeklyTime):
                checked += walk(own)
            elif field.name not in {"hosts", "mailboxes", "origins", "scoring"}:
                check(own, hints[field.name])
                checked += 1
        return checked

    assert walk(config.load(folder, {})) > 20


# ---- mailboxes ----------------------------------------------------------------------------

BOX = '[mailboxes.lists]\nkind = "imap"\naddress = "imap.example.org:1993"\nuser = "count"\n'


def test_a_mailbox_has_a_server_a_user_and_a_password_from_elsewhere(folder):
    (folder / "secret").write_text("hunter2\n")
    write(folder, BOX + 'password_file = "secret"\nfolders = ["INBOX", "Lists"]\n')
    box = config.load(folder, {}).mailboxes["lists"]
    assert (box.host, box.port, box.tls, box.user) == (
        "imap.example.org",
        1993,
        config.Tls.TLS,
        "count",
    )
    assert box.folders == ("INBOX", "Lists")
    assert box.password == "hunter2"
    environ = {"ROLLCALL_MAILBOX_PASSWORD_LISTS": "hunter3"}
    settings = config.load(folder, environ)
    assert settings.mailboxes["lists"].password == "hunter3"
    shown = {setting.name: setting.value for setting in config.list_settings(settings)}
    assert shown["mailboxes.lists.password"] == "***"
    assert shown["mailboxes.lists.folders"] == ["INBOX", "Lists"]
    assert "hunter" not in repr(settings) + repr(shown)


def test_a_mailbox_of_files_has_a_path_in_the_folder(folder):
    write(folder, '[mailboxes.mine]\nkind = "maildir"\npath = "Maildir"\n')
    box = config.load(folder, {}).mailboxes["mine"]
    assert (box.path, box.folders) == (folder / "Maildir", ("INBOX",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOX + 'password = "x"\n', "does not belong in this file"),
        (BOX + 'pasword_file = "x"\n', "did you mean 'password_file'"),
        (BOX + 'password_file = "nowhere"\n', "cannot be read"),
        ('[mailboxes.a]\nkind = "pop3"\n', 'must be "imap", "maildir" or "mbox"'),
        ('[mailboxes.a]\nkind = "imap"\n', "mailboxes.a has no address"),
        ('[mailboxes.a]\nkind = "mbox"\n', "mailboxes.a has no path"),
        ('[mailboxes.a]\npath = "x"\n', "mailboxes.a has no kind"),
        ('[mailboxes."A B"]\nkind = "mbox"\n', "small letters"),
        ('[mailboxes]\nkind = "mbox"\n', "small letters"),
        ('[mailboxes.a]\naddress = "imaps://x"\n', "must be a server"),
        ('[mailboxes.a]\nfolders = "INBOX"\n', "must be a list of folders"),
    ],
)
def test_a_mailbox_that_cannot_be_used_is_refused_with_its_place(folder, text, said):
    assert said in refused(folder, text)
