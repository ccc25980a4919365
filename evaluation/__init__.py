"""How good the scoring rules are, measured on real histories; and how they are fitted."""
