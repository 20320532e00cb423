from __future__ import annotations

from servers.fixtures import azurite_server, fake_gcs_server, seaweedfs_server, swift_server

__all__ = ["azurite_server", "fake_gcs_server", "seaweedfs_server", "swift_server"]
