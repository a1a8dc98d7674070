"""labsbot: an IRC bot that keeps Server Admin Logs on a MediaWiki wiki."""

__version__ = "0.1.0"
