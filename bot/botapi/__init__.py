"""Telegram's Bot API: the transport, its pace, and Screens drawn on it; Telegram's errors become ours."""
