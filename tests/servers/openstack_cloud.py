"""A whole OpenStack on this machine: the scripts in ``openstack/``, and what tests need to know of it.

It needs root and Debian 12, installs about 450 packages the first time, starts in 75 seconds and takes 4 GB of
memory. So it is left running: ``openstack/down.sh FOLDER`` ends it. One that runs already is used.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from servers._process import LOOPBACK, ServerError, http_status

HOME_VARIABLE = "OPENSTACK_HOME"
SCRIPTS = Path(__file__).with_name("openstack")
REGION = "dc3-a"
RESTRICTED, UNRESTRICTED, PASSWORD, ADMIN = "ostack", "ostack-unrestricted", "ostack-password", "ostack-admin"
_START_SECONDS = 1800  # with the installation of the packages on a busy machine
_KEYSTONE = f"http://{LOOPBACK}:21500/v3"


@dataclass(frozen=True)
class OpenStackCloud:
    """A running OpenStack.

    Attributes:
        clouds_yaml: its logins: ``ostack`` (a restricted application credential), ``ostack-unrestricted``,
            ``ostack-password`` (the same user) and ``ostack-admin``.
        auth_url: its Keystone.
        region: its only region.
        access_key, secret_key: an EC2 credential of the test user, for S3.
        project_id: the test user's project.
        s3_url: endpoint of S3.
        trusts_heat_url: a second Heat, which acts by Keystone trusts: logins with user and password only.
        dns_server: address and port of the BIND that Designate writes to.
        rating_v2_url: a second CloudKitty, whose storage serves version 2; its times are those of Zurich.
        influxdb_url: that storage.
    """

    clouds_yaml: Path
    auth_url: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    project_id: str
    s3_url: str
    trusts_heat_url: str
    dns_server: tuple[str, int] = (LOOPBACK, 21053)
    rating_v2_url: str = f"http://{LOOPBACK}:21890"
    influxdb_url: str = f"http://{LOOPBACK}:21086"


def home() -> Path:
    """Return the folder of the OpenStack: ``$OPENSTACK_HOME``, or one in the temporary folder."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path(tempfile.gettempdir()) / "cloud-openstack"


def start() -> OpenStackCloud:
    """Return the OpenStack of `home`, brought up when it is not running.

    Raises:
        ServerError: it cannot run here, or did not come up.
    """
    folder = home()
    if http_status(_KEYSTONE) != 200 or not (folder / "clouds.yaml").is_file():
        _bring_up(folder)
    facts = json.loads((folder / "ec2.json").read_text())
    return OpenStackCloud(
        clouds_yaml=folder / "clouds.yaml",
        auth_url=_KEYSTONE,
        region=facts["region"],
        access_key=facts["access"],
        secret_key=facts["secret"],
        project_id=facts["project_id"],
        s3_url=facts["endpoint"],
        trusts_heat_url=f"http://{LOOPBACK}:21005/v1/{facts['project_id']}",
    )


def _bring_up(folder: Path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise ServerError(
            f"OpenStack needs root on Debian 12: run `sudo {SCRIPTS / 'up.sh'} {folder}`, then the tests as you"
        )
    begun = time.monotonic()
    done = subprocess.run(
        [SCRIPTS / "up.sh", folder],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_START_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise ServerError(
            f"OpenStack did not come up in {time.monotonic() - begun:.0f} s:\n{done.stdout[-4000:]}"
        )
