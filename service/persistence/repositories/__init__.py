"""The statements, one file a noun; nothing is read without saying who asks."""
