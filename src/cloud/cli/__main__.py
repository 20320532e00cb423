"""``python -m cloud.cli`` is the command ``cloud``."""

from cloud.cli._main import run

if __name__ == "__main__":
    run()
