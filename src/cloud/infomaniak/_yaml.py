"""Texts of a user in YAML: templates of stacks, and zones."""

from __future__ import annotations

from typing import Any

from cloud.common._lazy import require
from cloud.common.errors import InvalidRequestError


def parse(text: str, what: str) -> Any:
    """Return what a YAML or JSON text says; dates stay texts, as versions of templates are.

    Raises:
        InvalidRequestError: it is neither.
    """
    yaml = require("yaml", extra="infomaniak")

    class Loader(yaml.SafeLoader):  # type: ignore[name-defined,misc]  # loaded at first use
        """YAML without dates."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        return yaml.load(text, Loader=Loader)  # a SafeLoader
    except yaml.YAMLError as exc:
        raise InvalidRequestError(f"{what} is no YAML: {' '.join(str(exc).split())}") from exc
    except RecursionError as exc:
        raise InvalidRequestError(f"{what} is nested too deeply") from exc
    except (AttributeError, LookupError, TypeError, ValueError) as exc:
        # PyYAML makes a value of what is marked as one, or looks like a number, and lets Python refuse it.
        raise InvalidRequestError(f"{what} has a value that is not of its kind: {exc}") from exc
