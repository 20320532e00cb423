"""``python -m cloud.cli`` is the command ``cloud``."""

import sys

from cloud.cli._main import main

if __name__ == "__main__":
    sys.exit(main())
