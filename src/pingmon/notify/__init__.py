"""How word gets out: texts, the outbox and one file per kind of sender."""
