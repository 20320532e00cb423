"""Errors are typed data, nothing shows a secret, one client serves many threads and the child of a fork."""

from __future__ import annotations

import json
import logging
import os
import pickle
import select
import signal
import sys
import threading
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cloud.common.contracts import CloudClient, ComputeClient
from cloud.common.errors import (
    AuthenticationError,
    CloudError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    UnsupportedOperationError,
)
from cloud.testing._compute_base import ComputeKit, new_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common.models import Instance
    from cloud.testing._compute_base import AnyComputeClient, ComputeHarness

_THREADS = 8
_CHILD_SECONDS = 60


class ErrorPromises(ComputeKit):
    """Errors, secrets, threads and forks."""

    promises = "Errors and sharing"

    def test_client_fits_the_contracts(self, client: AnyComputeClient) -> None:
        """It is a CloudClient and a ComputeClient, with the name of its service and where it works."""
        assert isinstance(client, CloudClient)
        assert isinstance(client, ComputeClient)
        assert client.service_name
        assert client.region is None or client.region
        assert client.native is client.native

    def test_error_is_data(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """An error says which call failed and what the service said, is JSON, and survives pickle."""
        with pytest.raises(NotFoundError) as caught:
            client.get_instance(harness.missing_id)
        error = caught.value
        assert (error.provider, error.service) == (client.provider.value, client.service_name)
        assert (error.operation, error.resource) == ("get_instance", harness.missing_id)
        assert error.message
        assert error.retryable is False
        assert len(error.attempts) == 1
        assert json.loads(json.dumps(error.to_dict()))["resource"] == harness.missing_id
        assert isinstance(error, FileNotFoundError)
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # the kit's own pickle
        assert type(copy) is type(error)
        assert copy.to_dict() == error.to_dict()

    def test_failures_are_counted(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """Metrics counts calls and errors by class."""
        before = client.metrics.snapshot()
        with pytest.raises(NotFoundError):
            client.get_instance(harness.missing_id)
        after = client.metrics.snapshot()
        assert after.calls == before.calls + 1
        assert after.errors["NotFoundError"] == before.errors.get("NotFoundError", 0) + 1

    @pytest.mark.parametrize(
        "who",
        [
            pytest.param("with_wrong_secret", id="wrong secret"),
            pytest.param("with_unknown_identity", id="unknown identity"),
        ],
    )
    def test_wrong_credentials_are_refused_by_every_call(self, harness: ComputeHarness, who: str) -> None:
        """Wrong credentials raise AuthenticationError; no call answers False, nothing or an empty list."""
        if not harness.authenticates:
            with pytest.raises(UnsupportedOperationError):
                getattr(harness, who)()
            return
        with getattr(harness, who)() as stranger:
            for call in (
                stranger.list_instances,
                stranger.list_resources,
                stranger.list_images,
                stranger.list_instance_types,
                lambda: stranger.get_instance(harness.missing_id),
                lambda: stranger.get_resource(harness.missing_id),
                lambda: stranger.terminate_instance(harness.missing_id),
                lambda: stranger.start_instance(harness.missing_id),
                lambda: stranger.create_instance(new_name(), harness.instance_type, harness.image_id),
            ):
                with pytest.raises(AuthenticationError):
                    call()

    def test_expired_credentials_are_refused(self, harness: ComputeHarness) -> None:
        """Credentials that have ended raise AuthenticationError."""
        if not harness.expires:
            with pytest.raises(UnsupportedOperationError):
                harness.with_expired_credentials()
            return
        with harness.with_expired_credentials() as late, pytest.raises(AuthenticationError):
            late.list_instances()

    def test_reader_may_not_change_anything(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """Somebody who may only look does look, and PermissionDeniedError answers every change."""
        if not harness.authorizes:
            with pytest.raises(UnsupportedOperationError):
                harness.with_read_only_identity()
            return
        made, name = new_instance(), new_name()
        with harness.with_read_only_identity() as reader:
            assert made.id in [item.id for item in reader.list_instances()]
            assert reader.get_instance(made.id).id == made.id
            for call in (reader.stop_instance, reader.reboot_instance, reader.terminate_instance):
                with pytest.raises(PermissionDeniedError):
                    call(made.id)
            with pytest.raises(PermissionDeniedError):
                reader.create_instance(
                    name, harness.instance_type, harness.image_id, networks=harness.networks
                )
        assert client.get_instance(made.id).state is made.state
        assert client.list_instances(name=name) == []

    def test_nothing_shows_a_secret(
        self, client: AnyComputeClient, harness: ComputeHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        """No repr, error, traceback, pickle or log record of ours holds one of the client's secrets."""
        assert harness.secrets or not harness.authenticates, "the harness must name the secrets to look for"
        with caplog.at_level(logging.DEBUG, logger="cloud"), pytest.raises(NotFoundError) as caught:
            client.get_instance(harness.missing_id)
        error = caught.value
        shown = [
            repr(client),
            str(client),
            repr(error),
            str(error),
            json.dumps(error.to_dict()),
            "".join(traceback.format_exception(type(error), error, error.__traceback__)),
            repr(vars(client)),
            caplog.text,
            *(repr(vars(record)) for record in caplog.records),
        ]
        pickled = [pickle.dumps(error), *([pickle.dumps(client)] if harness.pickles else [])]
        for secret in harness.secrets:
            assert len(secret) > 8
            assert not [text for text in shown if secret in text]
            assert not [data for data in pickled if secret.encode() in data]

    def test_client_survives_pickle(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """A copy that went through pickle sees the same instances; a client that cannot says so aloud."""
        if not harness.pickles:
            with pytest.raises((ConfigurationError, TypeError)):
                pickle.dumps(client)
            return
        made = new_instance(wait=False)
        with harness.unpickled(pickle.dumps(client)) as copy:
            assert type(copy) is type(client)
            assert copy.capabilities == client.capabilities
            assert copy.get_instance(made.id).name == made.name

    def test_closed_client_opens_again(
        self, client: AnyComputeClient, new_instance: Callable[..., Instance]
    ) -> None:
        """After `close` the next call works."""
        made = new_instance(wait=False)
        client.close()
        assert client.get_instance(made.id).id == made.id

    def test_every_failure_is_a_cloud_error(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """Failures are CloudErrors that are Python's own kinds, too."""
        with pytest.raises(CloudError) as caught:
            client.get_instance(harness.missing_id)
        assert isinstance(caught.value, FileNotFoundError)
        with pytest.raises(CloudError) as caught:
            client.get_instance("")
        assert isinstance(caught.value, ValueError)

    # -- sharing -----------------------------------------------------------------------------------------------
    def test_threads_share_a_client(
        self, client: AnyComputeClient, new_instance: Callable[..., Instance]
    ) -> None:
        """Eight threads that look at once each see the instance that they asked for."""
        made = [new_instance(wait=False) for _ in range(2)]
        start = threading.Barrier(_THREADS)

        def work(number: int) -> list[str]:
            start.wait()
            wanted = made[number % 2]
            return [client.get_instance(wanted.id).name for _ in range(5)]

        with ThreadPoolExecutor(_THREADS) as pool:
            results = list(pool.map(work, range(_THREADS)))
        assert results == [[made[number % 2].name] * 5 for number in range(_THREADS)]

    def test_child_of_a_fork_uses_the_client(
        self, client: AnyComputeClient, new_instance: Callable[..., Instance]
    ) -> None:
        """After a fork parent and child both go on with the same client object (on systems that fork)."""
        if not hasattr(os, "fork"):
            assert sys.platform == "win32"
            return
        made = new_instance(wait=False)
        assert client.get_instance(made.id).name == made.name
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns where other threads live
            child = os.fork()
        if child == 0:
            _answer(client, made.id, writer)
        os.close(writer)
        try:
            assert client.get_instance(made.id).name == made.name
            ready, _, _ = select.select([reader], [], [], _CHILD_SECONDS)
            assert ready, "the child hangs"
            assert os.read(reader, 1000).decode() == made.name
            assert client.get_instance(made.id).name == made.name
        finally:
            os.close(reader)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _answer(client: AnyComputeClient, instance_id: str, writer: int) -> None:
    """Send the instance's name from the child; it must not return into pytest, whatever happens."""
    try:
        os.write(writer, client.get_instance(instance_id).name.encode())
    finally:
        os._exit(0)
