"""What the service costs, measured beside the database alone and beside a peer."""
