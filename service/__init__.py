"""What the front door does: no HTTP, no scheduler."""
