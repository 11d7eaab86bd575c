"""The jobs, one file each: thin calls of use-cases."""
