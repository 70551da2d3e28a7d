"""Files and models as people look at them: slices, first rows, small pictures, archives, cards, predictions."""
