"""The database: SQLAlchemy Core, one module per noun; functions take the open transaction first and return nouns."""
