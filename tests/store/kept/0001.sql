-- A database as the first schema left it, with what it held. Never to be changed.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE assessments (
	id INTEGER NOT NULL, 
	community_id INTEGER NOT NULL, 
	assessed_at DATETIME NOT NULL, 
	observed_until DATETIME, 
	status VARCHAR NOT NULL, 
	markers JSON NOT NULL, 
	since DATETIME, 
	confidence VARCHAR NOT NULL, 
	p_quiet DOUBLE, 
	p_any_180 DOUBLE, 
	p_fun_180 DOUBLE, 
	last_post_at DATETIME, 
	posts_seen INTEGER NOT NULL, 
	reasons JSON NOT NULL, 
	change JSON NOT NULL, 
	rules_version VARCHAR NOT NULL, 
	CONSTRAINT pk_assessments PRIMARY KEY (id), 
	CONSTRAINT fk_assessments_community_id FOREIGN KEY(community_id) REFERENCES communities (id)
);
CREATE TABLE communities (
	id INTEGER NOT NULL, 
	slug VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	url VARCHAR NOT NULL, 
	description VARCHAR NOT NULL, 
	languages JSON NOT NULL, 
	topics JSON NOT NULL, 
	regions JSON NOT NULL, 
	membership VARCHAR NOT NULL, 
	owner_address VARCHAR NOT NULL, 
	added_at DATETIME NOT NULL, 
	secret_key BLOB NOT NULL, 
	CONSTRAINT pk_communities PRIMARY KEY (id), 
	CONSTRAINT uq_communities_slug UNIQUE (slug)
);
INSERT INTO "communities" VALUES(1,'nets','Nets','','','["en"]','[]','[]','open','','2026-01-01 00:00:00',X'0102');
CREATE TABLE coverage (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	start DATETIME NOT NULL, 
	"end" DATETIME NOT NULL, 
	CONSTRAINT pk_coverage PRIMARY KEY (id), 
	CONSTRAINT fk_coverage_source_id FOREIGN KEY(source_id) REFERENCES sources (id), 
	CONSTRAINT uq_coverage_source_id_kind_start UNIQUE (source_id, kind, start)
);
CREATE TABLE crawl_reports (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME NOT NULL, 
	outcome VARCHAR NOT NULL, 
	detail VARCHAR NOT NULL, 
	to_do VARCHAR NOT NULL, 
	posts_total INTEGER NOT NULL, 
	posts_new INTEGER NOT NULL, 
	requests INTEGER NOT NULL, 
	robots_requests INTEGER NOT NULL, 
	bytes INTEGER NOT NULL, 
	new_url VARCHAR, 
	not_before DATETIME, 
	evidence JSON NOT NULL, 
	CONSTRAINT pk_crawl_reports PRIMARY KEY (id), 
	CONSTRAINT fk_crawl_reports_source_id FOREIGN KEY(source_id) REFERENCES sources (id)
);
CREATE TABLE daily_counts (
	community_id INTEGER NOT NULL, 
	day DATE NOT NULL, 
	posts INTEGER NOT NULL, 
	CONSTRAINT pk_daily_counts PRIMARY KEY (community_id, day), 
	CONSTRAINT fk_daily_counts_community_id FOREIGN KEY(community_id) REFERENCES communities (id)
);
CREATE TABLE decisions (
	id INTEGER NOT NULL, 
	review_id INTEGER, 
	community_id INTEGER NOT NULL, 
	answer VARCHAR NOT NULL, 
	decided_at DATETIME NOT NULL, 
	user_id INTEGER NOT NULL, 
	note VARCHAR NOT NULL, 
	new_url VARCHAR, 
	until DATETIME, 
	undoes INTEGER, 
	CONSTRAINT pk_decisions PRIMARY KEY (id), 
	CONSTRAINT fk_decisions_community_id FOREIGN KEY(community_id) REFERENCES communities (id), 
	CONSTRAINT fk_decisions_review_id FOREIGN KEY(review_id) REFERENCES reviews (id), 
	CONSTRAINT fk_decisions_undoes FOREIGN KEY(undoes) REFERENCES decisions (id), 
	CONSTRAINT fk_decisions_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE TABLE hosts (
	host VARCHAR NOT NULL, 
	owner VARCHAR, 
	token INTEGER NOT NULL, 
	lease_until DATETIME, 
	not_before DATETIME, 
	CONSTRAINT pk_hosts PRIMARY KEY (host)
);
CREATE TABLE jobs (
	name VARCHAR NOT NULL, 
	due_at DATETIME NOT NULL, 
	claimed_by VARCHAR, 
	claimed_until DATETIME, 
	last_started_at DATETIME, 
	last_finished_at DATETIME, 
	last_error VARCHAR NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (name)
);
CREATE TABLE marks (
	source_id INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	etag VARCHAR, 
	last_modified VARCHAR, 
	label VARCHAR, 
	CONSTRAINT pk_marks PRIMARY KEY (source_id, name), 
	CONSTRAINT fk_marks_source_id FOREIGN KEY(source_id) REFERENCES sources (id)
);
CREATE TABLE optouts (
	target VARCHAR NOT NULL, 
	added_at DATETIME NOT NULL, 
	note VARCHAR NOT NULL, 
	CONSTRAINT pk_optouts PRIMARY KEY (target)
);
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	dedupe_key VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	recipient VARCHAR NOT NULL, 
	message BLOB NOT NULL, 
	queued_at DATETIME NOT NULL, 
	not_before DATETIME NOT NULL, 
	tries INTEGER NOT NULL, 
	claimed_until DATETIME, 
	sent_at DATETIME, 
	failed_at DATETIME, 
	last_error VARCHAR NOT NULL, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT uq_outbox_dedupe_key UNIQUE (dedupe_key)
);
CREATE TABLE posts (
	source_id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	community_id INTEGER NOT NULL, 
	at DATETIME, 
	day DATE, 
	basis VARCHAR NOT NULL, 
	author_key BLOB, 
	reply_key BLOB, 
	filed_start DATETIME, 
	filed_end DATETIME, 
	CONSTRAINT pk_posts PRIMARY KEY (source_id, "key"), 
	CONSTRAINT fk_posts_community_id FOREIGN KEY(community_id) REFERENCES communities (id), 
	CONSTRAINT fk_posts_source_id FOREIGN KEY(source_id) REFERENCES sources (id)
);
INSERT INTO "posts" VALUES(1,X'01',1,'2026-10-01 10:00:00','2026-10-01','sent',NULL,NULL,NULL,NULL);
INSERT INTO "posts" VALUES(1,X'02',1,'2026-10-02 10:00:00','2026-10-02','sent',NULL,NULL,NULL,NULL);
CREATE TABLE recent_subjects (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	subject VARCHAR NOT NULL, 
	url VARCHAR, 
	CONSTRAINT pk_recent_subjects PRIMARY KEY (id), 
	CONSTRAINT fk_recent_subjects_source_id FOREIGN KEY(source_id) REFERENCES sources (id)
);
CREATE TABLE reviews (
	id INTEGER NOT NULL, 
	community_id INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	opened_at DATETIME NOT NULL, 
	reasons JSON NOT NULL, 
	version INTEGER NOT NULL, 
	closed_at DATETIME, 
	CONSTRAINT pk_reviews PRIMARY KEY (id), 
	CONSTRAINT fk_reviews_community_id FOREIGN KEY(community_id) REFERENCES communities (id)
);
CREATE TABLE robots (
	origin VARCHAR NOT NULL, 
	fetched_at DATETIME NOT NULL, 
	status INTEGER, 
	body VARCHAR NOT NULL, 
	CONSTRAINT pk_robots PRIMARY KEY (origin)
);
CREATE TABLE secrets (
	name VARCHAR NOT NULL, 
	value BLOB NOT NULL, 
	CONSTRAINT pk_secrets PRIMARY KEY (name)
);
CREATE TABLE sign_ins (
	id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	code_hash BLOB NOT NULL, 
	expires_at DATETIME NOT NULL, 
	tries INTEGER NOT NULL, 
	used_at DATETIME, 
	CONSTRAINT pk_sign_ins PRIMARY KEY (id), 
	CONSTRAINT fk_sign_ins_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE TABLE source_moves (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	old_url VARCHAR NOT NULL, 
	new_url VARCHAR NOT NULL, 
	moved_at DATETIME NOT NULL, 
	undone_at DATETIME, 
	CONSTRAINT pk_source_moves PRIMARY KEY (id), 
	CONSTRAINT fk_source_moves_source_id FOREIGN KEY(source_id) REFERENCES sources (id)
);
CREATE TABLE sources (
	id INTEGER NOT NULL, 
	community_id INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	url VARCHAR NOT NULL, 
	platform VARCHAR NOT NULL, 
	added_at DATETIME NOT NULL, 
	paused BOOLEAN NOT NULL, 
	due_at DATETIME, 
	failures INTEGER NOT NULL, 
	claimed_by VARCHAR, 
	claimed_until DATETIME, 
	CONSTRAINT pk_sources PRIMARY KEY (id), 
	CONSTRAINT fk_sources_community_id FOREIGN KEY(community_id) REFERENCES communities (id), 
	CONSTRAINT uq_sources_name UNIQUE (name)
);
INSERT INTO "sources" VALUES(1,1,'nets','https://lists.example.org/nets/','pipermail','2026-01-01 00:00:00',0,'2026-11-23 06:00:00.000000',0,NULL,NULL);
CREATE TABLE users (
	id INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	added_at DATETIME NOT NULL, 
	removed_at DATETIME, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT uq_users_address UNIQUE (address)
);
INSERT INTO "users" VALUES(1,'Ada','ada@example.org','operator','2026-01-01 00:00:00',NULL);
CREATE TABLE weekly_reports (
	week VARCHAR NOT NULL, 
	built_at DATETIME NOT NULL, 
	content JSON NOT NULL, 
	CONSTRAINT pk_weekly_reports PRIMARY KEY (week)
);
CREATE INDEX ix_sources_community_id ON sources (community_id);
CREATE INDEX ix_sources_due_at ON sources (due_at);
CREATE INDEX ix_source_moves_source_id ON source_moves (source_id);
CREATE INDEX ix_posts_community_id_day ON posts (community_id, day);
CREATE INDEX ix_posts_source_id_at ON posts (source_id, at);
CREATE INDEX ix_recent_subjects_source_id ON recent_subjects (source_id);
CREATE INDEX ix_coverage_source_id ON coverage (source_id);
CREATE INDEX ix_crawl_reports_source_id_finished_at ON crawl_reports (source_id, finished_at);
CREATE INDEX ix_assessments_community_id_id ON assessments (community_id, id);
CREATE INDEX ix_reviews_closed_at ON reviews (closed_at);
CREATE INDEX ix_reviews_community_id ON reviews (community_id);
CREATE INDEX ix_sign_ins_user_id ON sign_ins (user_id);
CREATE INDEX ix_decisions_community_id_id ON decisions (community_id, id);
COMMIT;
