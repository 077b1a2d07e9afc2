"""What an integration engineer works with: a new dialect's folder, the kit's report, recordings, replays."""
