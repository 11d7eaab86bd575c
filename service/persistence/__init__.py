"""All SQL: tables, repositories, migrations, and the two engines."""
