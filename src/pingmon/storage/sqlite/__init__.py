"""What is SQLite's alone: opening, the watch over its file, transactions, backup."""
