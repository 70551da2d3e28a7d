"""Small things the other modules share."""


def tidy(text: str) -> str:
    """A text without blanks around it."""
    return text.strip()


def half_bright(size: int) -> list[list[float]]:
    """A picture that is bright on its left half."""
    return [[1.0 if column < size // 2 else 0.0 for column in range(size)] for _ in range(size)]
