"""One function per thing a person or a clock does; one transaction each."""
