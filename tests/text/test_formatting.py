"""What is left of a coloured text."""

import pytest

from labsbot.text.formatting import plain


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", ""),
        ("plain", "plain"),
        ("\x02bold\x02 \x1ditalic\x1d \x1funderlined\x0f", "bold italic underlined"),
        ("\x0304red\x03", "red"),
        ("\x0304,12red on blue\x03", "red on blue"),
        ("\x034,red", ",red"),
        ("\x0304512", "512"),
        ("\x04ff0000red\x04", "red"),
        ("\x04ff0000,00ff00red", "red"),
        ("\x11mono\x16reverse\x1estruck", "monoreversestruck"),
        ("a\tb\x01", "a\tb\x01"),
    ],
)
def test_formatting_goes_and_the_text_stays(text: str, left: str) -> None:
    assert plain(text) == left
