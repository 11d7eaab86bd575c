"""What happens by itself: the schedule and its jobs."""
