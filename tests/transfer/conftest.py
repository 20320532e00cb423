from __future__ import annotations

from servers.fixtures import seaweedfs_server

__all__ = ["seaweedfs_server"]
