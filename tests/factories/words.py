"""Looking for words in what was answered."""

import re


def says(page: str, words: str) -> bool:
    """Return whether a page says these words, and not only holds them by chance inside a token, a key or an instant."""
    return re.search(rf"(?<![\w-]){re.escape(words)}(?!\w)", page) is not None
