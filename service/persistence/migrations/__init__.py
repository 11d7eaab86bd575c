"""The migrations, in order; additive and boring."""
