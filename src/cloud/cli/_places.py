"""Where things are: the arguments as places, and the clients that open them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cloud._registry import StorageLocation, open_storage
from cloud.common._files import safe_join
from cloud.common._urls import StorageUrl, parse_url
from cloud.common.config import CloudConfig
from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from argparse import Namespace

    from cloud.common._base_storage import BaseStorageClient

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_STDIO = "-"


@dataclass(frozen=True)
class Place:
    """One argument: a URL, a path, or ``-``.

    Attributes:
        text: as it was typed.
        url: its parts; None for a path and for ``-``.
    """

    text: str
    url: StorageUrl | None

    @property
    def is_stdio(self) -> bool:
        """Whether it is standard input or output."""
        return self.text == _STDIO

    @property
    def path(self) -> Path:
        """The path of this machine."""
        return Path(self.text)

    @property
    def names_folder(self) -> bool:
        """Whether a file that is copied here keeps its name: a bucket, a final slash, an existing folder."""
        if self.url is not None:
            return not self.url.key or self.url.key.endswith("/")
        separators = tuple(filter(None, (os.sep, os.altsep)))
        return self.text.endswith(separators) or self.path.is_dir()

    def child(self, name: str) -> Place:
        """Return the place of `name` in this folder."""
        if self.url is None:
            return place(str(safe_join(self.path, name)))
        url = replace(self.url, key=self.url.key + name)
        return Place(str(url), url)


def place(text: str) -> Place:
    """Return the place that an argument names; everything without ``scheme://`` is a path."""
    return Place(text, parse_url(text) if _URL.match(text) else None)


def url_of(text: str) -> StorageUrl:
    """Return the URL that an argument must be."""
    found = place(text).url
    if found is None:
        raise InvalidRequestError(f"{text!r} is no URL", hint="write it as scheme://bucket/key")
    return found


class Session:
    """The clients of one command; URLs that differ by bucket and key alone share one.

    The global options hold for every URL that does not say otherwise itself.
    """

    def __init__(self, args: Namespace) -> None:
        self._overrides = {"profile": args.profile, "endpoint": args.endpoint, "region": args.region}
        self._config = CloudConfig.load(args.config) if args.config else None
        self._clients: dict[tuple[str, frozenset[tuple[str, str]]], BaseStorageClient] = {}

    @property
    def config(self) -> CloudConfig:
        """The configuration, loaded when it is needed."""
        if self._config is None:
            self._config = CloudConfig.load()
        return self._config

    def open(self, url: StorageUrl) -> StorageLocation:
        """Return the client for `url`, with its bucket, key and version."""
        options = {name: value for name, value in url.options.items() if name != "version_id"}
        identity = (url.scheme, frozenset(options.items()))
        if identity not in self._clients:
            names = {"endpoint": "endpoint_url"}
            overrides = {
                names.get(name, name): value for name, value in self._overrides.items() if name not in options
            }
            self._clients[identity] = open_storage(str(url), config=self._config, **overrides).client
        return StorageLocation(self._clients[identity], url.bucket, url.key, url.options.get("version_id"))

    def open_object(self, url: StorageUrl) -> StorageLocation:
        """Return the location of an object.

        Raises:
            InvalidRequestError: the URL names no key.
        """
        if not url.key:
            raise InvalidRequestError(f"{url} names no object", hint="add /key, or -r for everything in it")
        return self.open(url)

    def open_folder(self, url: StorageUrl) -> StorageLocation:
        """Return the location of a bucket or folder.

        Raises:
            InvalidRequestError: the URL names no bucket, or a version.
        """
        if not url.bucket:
            raise InvalidRequestError(f"{url} names no bucket")
        return self.open_any(url)

    def open_any(self, url: StorageUrl) -> StorageLocation:
        """Return the location of a store, bucket or folder; none of them has versions."""
        if "version_id" in url.options:
            raise InvalidRequestError(f"{url} names a version, which only an object has")
        return self.open(url)

    def open_bucket(self, url: StorageUrl) -> StorageLocation:
        """Return the location of a bucket, without a key."""
        if url.key:
            raise InvalidRequestError(f"{url} names more than a bucket")
        return self.open_folder(url)

    def close(self) -> None:
        """Close every client."""
        for client in self._clients.values():
            client.close()
