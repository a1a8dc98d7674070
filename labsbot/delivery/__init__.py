"""Takes what is due to its page, once: the only retry."""

from labsbot.delivery.deliverer import Deliverer

__all__ = ["Deliverer"]
