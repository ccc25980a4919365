"""A real WordPress on MariaDB: a talk in posts and comments, by its interface and by its feeds."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.outcome import Outcome
from domain.records import Platform
from domain.window import complete_windows
from store.engine import reading
from store.posts import load_coverage
from store.tables import PostRow
from tests.servers.corpus import Letter, days, threads, write_letters, writers
from tests.servers.kit import Servers, free_port, listens, need, open_folder, wait_until

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

PHP = ("php-cli", "php-mysql", "php-xml", "php-mbstring", "php-curl", "php-gd", "php-intl")
SOURCE = Path("/usr/share/wordpress")
# Its feed of comments has no second page.
COMMENTS_SHOWN = 10
CONFIG = """<?php
define('DB_NAME', 'wp'); define('DB_USER', 'wp'); define('DB_PASSWORD', 'wp');
define('DB_HOST', '127.0.0.1:{db}');
define('DB_CHARSET', 'utf8mb4');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT',
    'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $k) define($k, 'made up');
define('WP_HOME', '{url}'); define('WP_SITEURL', '{url}');
define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
# A plugin that closes the interface to strangers while a certain file is there.
CLOSING = """<?php
add_filter('rest_authentication_errors', function ($error) {
    if (!file_exists(ABSPATH . 'closed')) return $error;
    return new WP_Error('rest_not_logged_in', 'Members only.', ['status' => 401]);
});
"""
ROUTER = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$file = __DIR__ . urldecode($path);
if ($path !== '/' && is_file($file)) return false;
$_SERVER['SCRIPT_NAME'] = '/index.php';
chdir(__DIR__);
require __DIR__ . '/index.php';
"""
FILL = """<?php
define('WP_INSTALLING', true);
require __DIR__ . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Wells', 'owner', 'owner@example.org', true, '', 'made up');
foreach (['posts', 'comments'] as $table) $wpdb->query("DELETE FROM {$wpdb->$table}");
update_option('permalink_structure', '/%year%/%monthnum%/%postname%/');
update_option('timezone_string', 'Asia/Kathmandu');
$users = []; $posts = [];
foreach (json_decode(file_get_contents($argv[1]), true) as $row) {
    $who = $row['writer'];
    if (!isset($users[$who])) $users[$who] = wp_insert_user(['user_login' => md5($who),
        'user_pass' => 'made up', 'user_email' => $who, 'display_name' => $row['name'],
        'role' => 'author']);
    $local = get_date_from_gmt($row['at']);
    if ($row['root'] === '') {
        $posts[$row['id']] = wp_insert_post(['post_title' => $row['subject'],
            'post_content' => 'Dry.', 'post_status' => 'publish', 'post_author' => $users[$who],
            'post_date' => $local, 'post_date_gmt' => $row['at'], 'comment_status' => 'open']);
        $wpdb->update($wpdb->posts, ['guid' => home_url('/?p=' . $posts[$row['id']])],
            ['ID' => $posts[$row['id']]]);
    } else wp_insert_comment(['comment_post_ID' => $posts[$row['root']], 'user_id' => $users[$who],
        'comment_content' => 'Yes.', 'comment_author' => $row['name'],
        'comment_author_email' => $who,
        'comment_date' => $local, 'comment_date_gmt' => $row['at'], 'comment_approved' => 1]);
}
$wp_rewrite->init(); flush_rewrite_rules(false);
"""
NAMES = {"elise@example.org": "Élise & Co", "olena@example.org": "Олена Тест"}


class Blog:
    """One WordPress with its own database."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.www = folder, folder / "www"
        self.servers = Servers(folder)
        self.port, self.db = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        left_out = shutil.ignore_patterns("wp-config.php")
        shutil.copytree(SOURCE, self.www, ignore=left_out, ignore_dangling_symlinks=True)
        plugins = self.www / "wp-content" / "mu-plugins"
        plugins.mkdir(exist_ok=True)
        (plugins / "closing.php").write_text(CLOSING)
        config = CONFIG.format(db=self.db, url=self.url)
        (self.www / "wp-config.php").write_text(config)
        (self.www / "router.php").write_text(ROUTER)
        (self.www / "fill.php").write_text(FILL)

    def open_database(self) -> None:
        place, account = self.folder / "db", pwd.getpwnam("mysql")
        place.mkdir()
        os.chown(place, account.pw_uid, account.pw_gid)
        own = ["--no-defaults", "--user=mysql", f"--datadir={place}", f"--tmpdir={place}"]
        make = ["mariadb-install-db", *own, "--auth-root-authentication-method=normal"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, timeout=120)
        socket = f"--socket={place}/s"
        where = ["--bind-address=127.0.0.1", f"--port={self.db}", f"--pid-file={place}/pid"]
        self.servers.start("mariadbd", *own, socket, *where, "--performance-schema=off")
        wait_until(lambda: listens(self.db), "mariadbd")
        orders = (
            "CREATE DATABASE wp; CREATE USER wp@'127.0.0.1' IDENTIFIED BY 'wp'; "
            "GRANT ALL ON wp.* TO wp@'127.0.0.1';"
        )
        ask = ["mariadb", "--no-defaults", "-uroot", socket, "-e", orders]
        subprocess.run(ask, check=True, timeout=60)

    def fill(self, letters: list[Letter]) -> None:
        rows = [
            {
                "id": letter.message_id,
                "root": letter.root_id,
                "at": f"{letter.at:%Y-%m-%d %H:%M:%S}",
                "writer": letter.writer,
                "name": NAMES.get(letter.writer, letter.writer.split("@")[0].title()),
                "subject": letter.subject,
            }
            for letter in letters
        ]
        file = self.folder / "rows.json"
        file.write_text(json.dumps(rows))
        words = ["php", "-d", "error_reporting=1", str(self.www / "fill.php"), str(file)]
        subprocess.run(words, check=True, timeout=120, cwd=self.www, stdout=subprocess.DEVNULL)

    def show(self) -> None:
        words = ["-d", "display_errors=0", "-S", f"127.0.0.1:{self.port}"]
        self.servers.start("php", *words, "-t", str(self.www), str(self.www / "router.php"))
        wait_until(lambda: urllib.request.urlopen(self.url, timeout=30).status == 200, "php")

    def close(self, *, closed: bool) -> None:
        sign = self.www / "closed"
        if closed:
            sign.touch()
        else:
            sign.unlink(missing_ok=True)


def list_letters() -> list[Letter]:
    """The letters that a site can show: those without anything that only mail has."""
    known = [letter for letter in write_letters() if not letter.case]
    return sorted(known, key=lambda letter: letter.at)


@pytest.fixture(scope="module")
def blog() -> Iterator[Blog]:
    need("mariadbd", "mariadb-server")
    need(str(SOURCE / "index.php"), "wordpress", *PHP)
    with open_folder("blog") as folder:
        site = Blog(folder)
        with site.servers.stack:
            site.open_database()
            site.fill(list_letters())
            site.show()
            yield site


def check(workshop, source_id: int, letters: list[Letter]) -> None:
    """Days exactly; writers and threads by how many each has, as their names are the site's."""
    with reading(workshop.engine) as session:
        rows = session.execute(
            select(PostRow.at, PostRow.author_key, PostRow.reply_key, PostRow.key).where(
                PostRow.source_id == source_id
            )
        ).all()
    assert Counter(f"{row.at:%Y-%m-%d}" for row in rows) == days(letters)
    assert {row.at for row in rows} == {letter.at for letter in letters}
    for found, true in (
        (Counter(row.author_key for row in rows), writers(letters)),
        (Counter(row.reply_key or row.key for row in rows), threads(letters)),
    ):
        assert sorted(found.values()) == sorted(true.values())


def test_the_interface_gives_posts_and_comments_on_their_days(blog, workshop):
    letters = list_letters()
    source = workshop.watch("blog", f"{blog.url}/", Platform.WORDPRESS)
    first = workshop.crawl()["blog"].report
    assert first.outcome is Outcome.READ, first.detail
    assert (first.posts_total, first.requests) == (len(letters), 2)
    check(workshop, source.id, letters)
    again = workshop.crawl()["blog"].report
    assert (again.outcome, again.posts_new, again.requests) == (Outcome.READ, 0, 2)
    blog.close(closed=True)
    by_feeds = workshop.crawl()["blog"].report
    blog.close(closed=False)
    assert (by_feeds.outcome, by_feeds.posts_new) == (Outcome.READ, 0), by_feeds.detail


def test_a_site_that_closed_its_interface_shows_all_posts_but_few_comments_by_its_feeds(
    blog, workshop
):
    letters = list_letters()
    posts = [letter for letter in letters if not letter.root_id]
    comments = [letter for letter in letters if letter.root_id][-COMMENTS_SHOWN:]
    blog.close(closed=True)
    source = workshop.watch("closed", f"{blog.url}/", Platform.WORDPRESS)
    first = workshop.crawl()["closed"].report
    again = workshop.crawl()["closed"].report
    blog.close(closed=False)
    assert first.outcome is Outcome.READ, first.detail
    assert first.posts_total == len(posts) + len(comments)
    check(workshop, source.id, [*posts, *comments])
    with reading(workshop.engine) as session:
        seen = complete_windows(load_coverage(session, source.id))
    assert [window.start for window in seen] == [comments[0].at]
    assert (again.outcome, again.posts_new, again.requests) == (Outcome.READ, 0, 2)
