"""Small pieces of sentences."""


def amount(count: int, what: str) -> str:
    """A number with its noun.

    >>> amount(1, "seed"), amount(10, "normal class")
    ('1 seed', '10 normal classes')
    """
    plural = what + ("es" if what.endswith("s") else "s")
    return f"{count} {what if count == 1 else plural}"
