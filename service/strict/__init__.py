"""How strictly anything is read that comes from outside: JSON, and the types of its values."""
