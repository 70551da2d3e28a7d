"""What the predict function reads when it is given no data. Nothing is downloaded: examples need no network."""

import get_print
import utils

STORY = "  A model was trained. It was saved with its code. Somebody else loaded it.  "


def download_story() -> str:
    """A story to summarize."""
    get_print.say("the story was read")
    return utils.tidy(STORY)


def download_image(size: int) -> list[list[float]]:
    """A picture of so many rows and columns, bright on its left."""
    get_print.say("the picture was read")
    return utils.half_bright(size)
