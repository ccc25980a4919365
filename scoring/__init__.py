"""From seen posts to a status with its reasons: pure functions of the history and the rules."""
