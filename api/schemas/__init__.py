"""The wire shapes, one file a noun: what callers send and see."""
