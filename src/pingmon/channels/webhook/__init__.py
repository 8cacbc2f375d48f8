"""URLs that messages are posted to, as JSON: docs/webhook.md."""
