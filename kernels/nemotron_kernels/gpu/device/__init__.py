"""What runs on the card, in Triton's language: Python in its looks, typed and branched by its compiler."""
