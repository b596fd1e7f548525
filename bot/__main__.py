"""The door that `entraide` and `python -m bot` open. A process that serves goes past the command line, which it never asks again."""

import sys


def main() -> None:
    """Serve, or what else the command line can do."""
    if sys.argv[1:] in (["run"], ["web"], ["worker"]):
        from bot.serving import serve

        serve(sys.argv[1])
    else:
        from bot.command_line import cli

        cli()


if __name__ == "__main__":
    main()
