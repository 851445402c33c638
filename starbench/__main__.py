"""``python -m starbench`` is the command line."""

from starbench.cli import main

if __name__ == "__main__":
    main()
