"""What donors and staff see, as data: pure functions of Words and facts; the only place with sentences."""
