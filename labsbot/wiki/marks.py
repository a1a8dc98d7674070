"""An edit summary comes in; whether it carries a batch goes out."""

from __future__ import annotations


def carries(summary: str, batch: str) -> bool:
    """Whether a summary was written for a batch: its id stands last, or first, as it did in earlier releases.

    Nowhere else: what stands in the middle is what people have said.
    """
    mark = f"[b:{batch}]"
    return summary.endswith(mark) or summary.startswith(mark)
