"""`python -m hub.cli`: the command line without the installed script."""

from hub.cli.app import main

if __name__ == "__main__":
    main()
