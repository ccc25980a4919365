"""The weekly report: built once as a value, then rendered, written, queued and sent."""
