"""What people in the channel, editors, wikis, servers and neighbours may try, and what must come of it."""
