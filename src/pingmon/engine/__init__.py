"""What runs all the time: workers, the recorder, visibility, senders."""
