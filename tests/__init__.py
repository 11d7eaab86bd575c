"""The tests: they mirror the floors, and each is a sentence."""
