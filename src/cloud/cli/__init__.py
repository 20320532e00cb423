"""The command line: parse, one call of the library, print. ``docs/cli.md`` is its guide."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud.cli._main import main as main
    from cloud.cli._main import run as run

__all__ = ["main", "run"]
__getattr__, __dir__ = lazy_exports(__name__, {"main": "._main", "run": "._main"})
