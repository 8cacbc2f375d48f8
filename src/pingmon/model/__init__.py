"""What is decided, and how: pure, no I/O, no threads, time is passed in."""
