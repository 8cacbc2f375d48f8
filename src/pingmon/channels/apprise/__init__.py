"""A hundred services by the library Apprise: docs/apprise.md."""
