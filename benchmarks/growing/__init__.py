"""Books of any size, and what every screen, command and job costs on them."""
