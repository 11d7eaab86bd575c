"""What several use-cases share and needs the database: acts with their rules, clocks and events."""
