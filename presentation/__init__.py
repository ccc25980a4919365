"""Words, dates, bars and signed links: what the web and the reports both show."""
