"""Chats of the Telegram Bot API."""
