"""What runs while nobody asks: workers, the recorder, visibility, senders."""
