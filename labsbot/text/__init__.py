"""What every room has to know of text: names, IRC formatting, masks, patterns. Pure."""
