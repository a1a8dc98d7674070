"""The log as pages for people: an address comes in, HTML goes out that needs no script, where no message is alive."""
