"""intake: requests as citizens know them."""
