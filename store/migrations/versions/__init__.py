"""One file per step; the newest revision is `store.engine.SCHEMA`."""
