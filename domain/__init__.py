"""The values that every layer speaks in. Standard library only, no clock, no input or output."""
