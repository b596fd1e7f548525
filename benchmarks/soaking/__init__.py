"""A long run under faults: what is done to the bot, who walks through it meanwhile, and whether both sides' books agree at the end."""
