"""All networks together: what is said there comes in, and what became of each request goes back, once."""
