"""Facts about the whole system."""
