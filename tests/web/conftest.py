"""A fresh database, the application on it, and people who may sign in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from domain.people import Role, User
from store import accounts, outbox, users
from store.engine import migrate, open_database, writing
from tests.web.kit import NOW, SECRET, Browser, Clock, Directory
from web.app import create_app


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "empty.db"
    engine = open_database(f"sqlite:///{file}")
    migrate(engine)
    engine.dispose()
    return file


@pytest.fixture
def engine(tmp_path: Path, migrated_file: Path) -> Iterator[Engine]:
    shutil.copy(migrated_file, tmp_path / "web.db")
    engine = open_database(f"sqlite:///{tmp_path}/web.db")
    yield engine
    engine.dispose()


@pytest.fixture
def made(engine: Engine) -> Directory:
    return Directory(engine)


@pytest.fixture
def app(engine: Engine, clock: Clock) -> Flask:
    return create_app(
        engine,
        public_url="http://localhost",
        clock=clock,
        secret=SECRET,
        sender="cops@example.org",
        contact="curators@example.org",
    )


@pytest.fixture
def visitor(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def make_user(engine: Engine) -> Callable[..., User]:
    def make(name: str = "Amina Okello", role: Role = Role.CURATOR) -> User:
        address = name.lower().replace(" ", ".") + "@example.org"
        with writing(engine) as s:
            return users.add_user(s, name=name, address=address, role=role, now=NOW)

    return make


@pytest.fixture
def sign_in(app: Flask, engine: Engine, make_user: Callable[..., User]) -> Callable[..., Browser]:
    """Makes a person and gives their browser, signed in."""

    def make(name: str = "Amina Okello", role: Role = Role.CURATOR) -> Browser:
        user = make_user(name, role)
        client = app.test_client()
        with writing(engine) as s:
            # So that a test may move its clock by a year without its curator being signed out.
            key = accounts.add_device(s, user.id, "Firefox, Android", NOW + timedelta(days=500))
        with client.session_transaction() as session:
            session["device"] = key
        return Browser(client)

    return make


@pytest.fixture
def curator(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in()


@pytest.fixture
def read_mail(engine: Engine) -> Callable[[], list[str]]:
    """Takes the waiting mails out of the outbox and gives their texts."""

    def read() -> list[str]:
        with writing(engine) as s:
            mails = outbox.claim_mails(s, NOW + timedelta(days=1), 100, timedelta(days=1))
        texts = []
        for mail in mails:
            message = message_from_bytes(mail.message, policy=policy.default)
            body = message.get_body()
            assert body is not None
            texts.append(f"{message['Subject']}\n{body.get_content()}")
        return texts

    return read
