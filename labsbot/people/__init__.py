"""Who people are on the wiki: what is known of a sender comes in, a name goes out."""
