"""Commands from chats: the other thin door to operations."""
