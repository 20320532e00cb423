"""Listings: all pages, exact filters, images, sizes, key pairs, console, quotas."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from cloud.common.enums import ComputeCapability, InstanceState
from cloud.common.errors import (
    AlreadyExistsError,
    InvalidRequestError,
    NotFoundError,
    UnsupportedOperationError,
)
from cloud.testing._compute_base import PUBLIC_KEY, ComputeKit, await_state, new_name
from cloud.testing._storage_base import about

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common.models import Instance
    from cloud.testing._compute_base import AnyComputeClient, ComputeHarness


class ListingPromises(ComputeKit):
    """Listings and filters."""

    promises = "Listings"

    def test_listing_spans_pages(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """Every instance is listed once, however small the pages are, and from every token on."""
        mark = {"pages": new_name()}
        made = {new_instance(tags=mark, wait=False).id for _ in range(7)}
        for instance_id in made:  # one that gets its place between two pages may be on neither
            await_state(harness, instance_id, InstanceState.RUNNING)
        listing = client.iter_instances(tags=mark, page_size=5)
        listed = [item.id for item in listing]
        assert sorted(listed) == sorted(made)
        assert sorted(item.id for item in client.list_instances(tags=mark)) == sorted(made)
        everything = [item.id for item in client.iter_instances(page_size=5)]
        assert len(everything) == len(set(everything))
        assert made <= set(everything)
        pages = list(client.iter_instances(page_size=5).pages())
        assert len(pages) >= 2
        rest = client.iter_instances(page_size=5, token=pages[0].next_token)
        assert [item.id for item in rest] == everything[len(pages[0].items) :]

    def test_limit_ends_a_listing(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """`limit` is how many there are at most; 0 asks for nothing."""
        mark = {"limit": new_name()}
        for _ in range(3):
            new_instance(tags=mark, wait=False)
        assert len(list(client.iter_instances(tags=mark, limit=2))) == 2
        with harness.sends(0):
            assert list(client.iter_instances(limit=0)) == []

    def test_filters_are_exact(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """State, name and tags must all fit, to the letter."""
        name = f"{new_name()} ä"
        mark = new_name()
        one = new_instance(name, tags={"mark": mark, "n": "1"})
        two = new_instance(f"{name}2", tags={"mark": mark, "n": "2"})
        client.stop_instance(two.id)
        await_state(harness, two.id, InstanceState.STOPPED)

        def found(**filters: Any) -> set[str]:
            return {item.id for item in client.list_instances(**filters)}

        assert found(name=name) == {one.id}
        assert found(tags={"mark": mark}) == {one.id, two.id}
        assert found(tags={"mark": mark, "n": "2"}) == {two.id}
        assert found(tags={"mark": mark}, states=[InstanceState.RUNNING]) == {one.id}
        assert found(tags={"mark": mark}, states=[InstanceState.STOPPED, InstanceState.RUNNING]) == {
            one.id,
            two.id,
        }
        assert found(tags={"mark": mark}, name=f"{name}2", states={InstanceState.STOPPED}) == {two.id}

    @pytest.mark.parametrize(
        "pattern",
        [
            pytest.param("{}*", id="star"),
            pytest.param("{}?", id="question mark"),
            pytest.param("^{}.*$", id="expression"),
            pytest.param("{}\\", id="backslash"),
        ],
    )
    def test_filters_are_no_patterns(
        self, client: AnyComputeClient, new_instance: Callable[..., Instance], pattern: str
    ) -> None:
        """What looks like a pattern is a name like any other: it fits itself and nothing else."""
        plain = new_name()
        other = new_instance(f"{plain}x", tags={"t": f"{plain}x"}, wait=False)
        odd = pattern.format(plain)
        assert client.list_instances(name=odd) == []
        assert client.list_instances(tags={"t": odd}) == []
        itself = new_instance(odd, tags={"t": odd}, wait=False)
        assert [item.id for item in client.list_instances(name=odd)] == [itself.id]
        assert [item.id for item in client.list_instances(tags={"t": odd})] == [itself.id]
        assert other.id != itself.id

    def test_empty_listing_is_empty(self, client: AnyComputeClient) -> None:
        """Nothing that fits is an empty list, and no error."""
        assert client.list_instances(name=new_name()) == []
        assert client.list_instances(tags={"nobody": new_name()}) == []
        assert client.iter_instances(name=new_name()).first() is None

    @about(ComputeCapability.NATIVE_FILTERS)
    def test_native_filters(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """The service's own filters hold; where there are none, nothing is sent."""
        if ComputeCapability.NATIVE_FILTERS not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.list_instances(filters={"any": ["x"]})
            return
        mark = {"native": new_name()}
        new_instance(tags=mark, wait=False)
        other = new_instance(tags=mark, instance_type=harness.other_instance_type, wait=False)
        found = client.list_instances(filters=harness.native_filters, tags=mark)
        assert [item.id for item in found] == [other.id]
        with harness.sends(0), pytest.raises(InvalidRequestError):
            client.list_instances(filters={"any": "one text"})

    @pytest.mark.parametrize("size", [pytest.param(0, id="zero"), pytest.param(1001, id="too many")])
    def test_page_size_is_checked(self, client: AnyComputeClient, harness: ComputeHarness, size: int) -> None:
        """InvalidRequestError, before any request."""
        for listing in (client.iter_instances, client.iter_images, client.iter_instance_types):
            with harness.sends(0), pytest.raises(InvalidRequestError):
                listing(page_size=size)

    # -- images and sizes --------------------------------------------------------------------------------------
    def test_images_are_listed(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """The image that instances are started from is among them, and found by its name."""
        images = client.list_images(owned=False)
        image = next(item for item in images if item.id == harness.image_id)
        assert image.status
        by_name = client.list_images(owned=False, name=image.name)
        assert image.id in [item.id for item in by_name]
        assert {item.name for item in by_name} == {image.name}
        assert client.list_images(owned=False, name=new_name()) == []
        assert len(list(client.iter_images(owned=False, limit=1))) == 1

    def test_instance_types_are_listed(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """The sizes are there, each once, with processors and memory."""
        sizes = client.list_instance_types()
        names = [item.id for item in sizes]
        assert {harness.instance_type, harness.other_instance_type} <= set(names)
        assert len(names) == len(set(names))
        assert all(item.vcpus > 0 and item.memory_bytes >= 1 << 20 for item in sizes)

    # -- key pairs ---------------------------------------------------------------------------------------------
    @about(ComputeCapability.KEY_PAIRS)
    def test_key_pairs(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """A pair is made, listed, used, and deleted once; where there are none, nothing is sent."""
        name = new_name()
        if ComputeCapability.KEY_PAIRS not in client.capabilities:
            for call in (client.create_key_pair, client.delete_key_pair):
                with harness.sends(0), pytest.raises(UnsupportedOperationError):
                    call(name)
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.import_key_pair(name, PUBLIC_KEY)
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.list_key_pairs()
            return
        made = client.create_key_pair(name)
        assert made.name == name
        assert made.fingerprint
        listed = next(item for item in client.list_key_pairs() if item.name == name)
        assert listed.private_key is None
        with pytest.raises(AlreadyExistsError):
            client.create_key_pair(name)
        assert new_instance(key_pair=name).key_pair == name
        assert client.delete_key_pair(name) is True
        assert client.delete_key_pair(name) is False
        assert name not in [item.name for item in client.list_key_pairs()]

    @about(ComputeCapability.KEY_PAIRS)
    def test_private_key_is_shown_by_nothing(self, client: AnyComputeClient) -> None:
        """Only `private_key.reveal()` gives it."""
        if ComputeCapability.KEY_PAIRS not in client.capabilities:
            return
        made = client.create_key_pair(new_name())
        client.delete_key_pair(made.name)
        assert made.private_key is not None
        text = made.private_key.reveal()
        assert "PRIVATE KEY" in text
        line = text.splitlines()[2]
        shown = [repr(made), str(made), json.dumps(made.to_dict()), repr(made.raw), repr(dict(made))]
        assert not [each for each in shown if line in each]
        assert line.encode() not in pickle.dumps(made)

    @about(ComputeCapability.KEY_PAIRS)
    def test_import_takes_public_keys_only(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """Your own public key is taken; what is none is refused before any request, and not repeated."""
        if ComputeCapability.KEY_PAIRS not in client.capabilities:
            return
        name = new_name()
        made = client.import_key_pair(name, PUBLIC_KEY)
        assert made.private_key is None
        with pytest.raises(AlreadyExistsError):
            client.import_key_pair(name, PUBLIC_KEY)
        assert client.delete_key_pair(name) is True
        private = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"
        with harness.sends(0), pytest.raises(InvalidRequestError) as caught:
            client.import_key_pair(name, private)
        assert "b3BlbnNzaC" not in str(caught.value)

    # -- console and quotas ------------------------------------------------------------------------------------
    @about(ComputeCapability.CONSOLE_OUTPUT)
    def test_console_output(
        self, client: AnyComputeClient, harness: ComputeHarness, new_instance: Callable[..., Instance]
    ) -> None:
        """The console is text; where there is none, nothing is sent."""
        if ComputeCapability.CONSOLE_OUTPUT not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.get_console_output(harness.missing_id)
            return
        assert isinstance(client.get_console_output(new_instance().id), str)
        with pytest.raises(NotFoundError):
            client.get_console_output(harness.missing_id)

    @about(ComputeCapability.QUOTAS)
    def test_quotas(self, client: AnyComputeClient, harness: ComputeHarness) -> None:
        """Every limit has a name; where there are none, nothing is sent."""
        if ComputeCapability.QUOTAS not in client.capabilities:
            with harness.sends(0), pytest.raises(UnsupportedOperationError):
                client.list_quotas()
            return
        quotas = client.list_quotas()
        assert quotas
        assert len({quota.name for quota in quotas}) == len(quotas)
        assert all(quota.limit is None or quota.limit >= 0 for quota in quotas)
        assert all(quota.used is None or quota.used >= 0 for quota in quotas)
