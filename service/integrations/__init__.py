"""The neighbours, one file each."""
