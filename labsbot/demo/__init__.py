"""The whole of labsbot on loopback, for somebody who wants to see it: nothing to install, nothing left behind."""

from labsbot.demo.scene import play

__all__ = ["play"]
