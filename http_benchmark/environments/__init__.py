"""Python environments for clients that are not the installed ones: another version, or a source tree."""
