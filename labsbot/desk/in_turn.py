"""What is begun now and finished in its turn.

The front desk begins one line after the other, and does not wait for the disk in between; but what is said of them, and
what is noted for the next, comes in the order of the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class InTurn(Generic[T]):
    """Something that is begun. Whoever has begun several awaits them in that order, each once."""

    def __init__(self, finish: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._finish = finish

    def __await__(self) -> Generator[Any, None, T]:
        return self._finish().__await__()
