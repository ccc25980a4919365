"""The pages: a view reads the request, calls the store, and renders. No SQL and no rules here."""
