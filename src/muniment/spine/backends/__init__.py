"""Database backends: SQLCipher (one encrypted file) and PostgreSQL (forced row-level security)."""
