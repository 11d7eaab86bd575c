"""What tests stand on: databases, builders, the files of the project."""
