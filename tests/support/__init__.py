"""What many tests stand on: installations, personas, a PostgreSQL server, real data."""
