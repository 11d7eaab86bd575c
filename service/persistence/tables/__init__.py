"""The tables, one file a noun; every column is commented and classified."""
