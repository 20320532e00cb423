"""DNS on a real Designate, whose BIND is asked what it answers."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

import pytest

from cloud.common import (
    AlreadyExistsError,
    InvalidRequestError,
    NotFoundError,
    PreconditionFailedError,
    ResourceType,
)
from cloud.infomaniak import (
    InfomaniakDNSClient,
    InfomaniakNetworkClient,
    ResourceFailedError,
    WantedZone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.infomaniak import Zone
    from servers.openstack_cloud import OpenStackCloud

_A, _TXT = 1, 16


def ask(server: tuple[str, int], name: str, kind: int = _A) -> list[bytes]:
    """Return the data of what a name server answers: a question and an answer of RFC 1035, by hand."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.rstrip(".").split("."))
    question = labels + b"\0" + struct.pack(">HH", kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 0) + question, server)
        answer = sock.recv(4096)
    count, at, found = struct.unpack(">H", answer[6:8])[0], 12 + len(question), []
    for _ in range(count):
        at += 2  # the name, as a pointer to the question's
        size = struct.unpack(">H", answer[at + 8 : at + 10])[0]
        found.append(answer[at + 10 : at + 10 + size])
        at += 10 + size
    return found


@pytest.fixture
def client(login: str) -> Iterator[InfomaniakDNSClient]:
    with InfomaniakDNSClient.from_cloud(login) as client:
        yield client


@pytest.fixture
def zone(client: InfomaniakDNSClient, unique: str) -> Iterator[Zone]:
    made = client.create_zone(f"{unique}.example", "admin@example.org", 300)
    yield made
    client.delete_zone(made.id)


def test_a_zone_and_its_record_sets_from_making_to_deleting(
    client: InfomaniakDNSClient, zone: Zone, openstack_cloud: OpenStackCloud
) -> None:
    assert client.wait_for_zone(zone.name).status == "ACTIVE"
    with pytest.raises(AlreadyExistsError):
        client.create_zone(zone.name, "admin@example.org")
    with pytest.raises(AlreadyExistsError):
        client.create_zone(zone.name, "admin@example.org", dry_run=True)
    assert client.get_zone(zone.name.rstrip(".")).id == zone.id

    www = client.create_record(zone.id, "www", "A", ["192.0.2.2", "192.0.2.1"], ttl=60)
    assert www.name == f"www.{zone.name}"
    assert client.wait_for_record(zone.name, www.id).status == "ACTIVE"
    assert sorted(ask(openstack_cloud.dns_server, www.name)) == [bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])]
    with pytest.raises(AlreadyExistsError):
        client.create_record(zone.id, "www", "A", ["192.0.2.9"])
    changed = client.set_record(zone.id, "www", "A", ["192.0.2.7"])
    assert changed.id == www.id
    client.wait_for_record(zone.id, www.id)
    assert ask(openstack_cloud.dns_server, www.name) == [bytes([192, 0, 2, 7])]
    assert (
        client.set_record(zone.id, "www", "A", ["192.0.2.7"]).updated_at
        == client.get_record(zone.id, www.id).updated_at
    )
    assert client.update_record(zone.id, www.id, ttl=120).ttl == 120

    long = "v=DKIM1; p=" + "x" * 400 + ' "quoted" \\'
    text = client.create_record(zone.id, "@", "TXT", [long])
    client.wait_for_record(zone.id, text.id)
    (data,) = ask(openstack_cloud.dns_server, zone.name, _TXT)
    strings = []
    while data:
        strings.append(data[1 : 1 + data[0]])
        data = data[1 + data[0] :]
    assert b"".join(strings).decode() == long

    assert client.delete_record(zone.id, www.id) is True
    client.wait_for_zone(zone.id)
    assert client.delete_record(zone.id, www.id) is False
    assert client.delete_zone(zone.name) is True
    client.wait_for_zone_gone(zone.id)
    assert client.delete_zone(zone.name) is False
    with pytest.raises(NotFoundError):
        client.get_zone(zone.name)


def test_every_type_of_record(client: InfomaniakDNSClient, zone: Zone) -> None:
    for name, kind, data in (
        ("aaaa", "AAAA", "2001:db8:0::1"),
        ("alias", "CNAME", "@"),
        ("@", "MX", "10 mail"),
        ("_sip._tcp", "SRV", "1 2 5060 mail"),
        ("caa", "CAA", '0 issue "letsencrypt.org"'),
        ("sub", "NS", "ns.example.net."),
        ("host", "SSHFP", "1 2 4158f281921260b0205508121c6f5cee879e15f22bdbc319ef2ae9fd308db3be"),
        ("*.wild", "A", "192.0.2.1"),
        ("_dmarc", "TXT", "v=DMARC1; p=none"),
    ):
        made = client.create_record(zone.id, name, kind, [data])
        assert made.type == kind
    assert client.wait_for_zone(zone.id).status == "ACTIVE"
    assert {record.status for record in client.iter_records(zone.id)} == {"ACTIVE"}
    kinds = {record.type for record in client.iter_records(zone.id)}
    assert kinds == {"AAAA", "CNAME", "MX", "SRV", "CAA", "NS", "SSHFP", "A", "TXT", "SOA"}


def test_what_the_service_refuses_is_said(client: InfomaniakDNSClient, zone: Zone) -> None:
    client.create_record(zone.id, "www", "A", ["192.0.2.1"])
    with pytest.raises(InvalidRequestError, match="CNAME recordsets may not share") as caught:
        client.create_record(zone.id, "www", "CNAME", ["@"])
    assert caught.value.provider_code == "invalid_recordset_location"
    with pytest.raises(NotFoundError):
        client.get_record(zone.id, "00000000-0000-4000-8000-000000000000")
    assert client.get_resource("nowhere.example") is None


def test_a_listing_goes_on_from_where_it_was_left(client: InfomaniakDNSClient, zone: Zone) -> None:
    for number in range(5):
        client.create_record(zone.id, f"n{number}", "A", ["192.0.2.1"])
    path = f"/zones/{zone.id}/recordsets"
    listing = client._rest_list("list", "", path, "recordsets", lambda each: each["name"], page_size=2)
    pages = list(listing.pages())
    assert len(pages) == 4
    assert sorted(name for page in pages for name in page.items) == sorted(
        record.name for record in client.list_records(zone.id)
    )
    later = client._rest_list(
        "list", "", path, "recordsets", lambda each: each["name"], page_size=2, token=pages[0].next_token
    )
    assert later.to_list() == [name for page in pages[1:] for name in page.items]


def test_a_zone_is_exported_and_imported(client: InfomaniakDNSClient, zone: Zone) -> None:
    client.create_record(zone.id, "www", "A", ["192.0.2.1"])
    client.wait_for_zone(zone.id)
    text = client.export_zone(zone.name)
    assert f"$ORIGIN {zone.name}" in text
    assert WantedZone.from_bind(text).record_sets[0].records == ("192.0.2.1",)
    with pytest.raises(ResourceFailedError, match="Duplicate zone"):
        client.import_zone(text)
    other = client.import_zone(text.replace(zone.name, f"imp-{zone.name}"))
    try:
        client.wait_for_zone(other.id)
        assert client.find_record(other.id, "www", "A") is not None
    finally:
        client.delete_zone(other.id)


def test_a_whole_zone_is_made_as_it_is_wanted(
    client: InfomaniakDNSClient, unique: str, openstack_cloud: OpenStackCloud
) -> None:
    name = f"{unique}.example."
    first = "\n".join(f"  - {{name: n{n}, type: A, records: [192.0.2.{n}]}}" for n in range(1, 13))
    wanted = WantedZone.from_yaml(f"zone: {name}\nemail: a@example.org\nttl: 600\nrecords:\n{first}\n")
    plan = client.apply_zone(wanted, dry_run=True)
    assert (plan.zone_id, plan.count("create"), plan.applied) == (None, 12, False)
    assert client.get_resource(name) is None
    made = client.apply_zone(wanted)
    try:
        client.wait_for_zone(name)
        assert client.plan_zone(wanted).is_empty
        assert client.apply_zone(wanted).is_empty
        # An A becomes a CNAME of the same name, one changes, one is new, ten go.
        text = f"$ORIGIN {name}\n$TTL 600\nn1 CNAME n2\nn2 A 192.0.2.99\nnew TXT hello\n"
        second = WantedZone.from_bind(text)
        with pytest.raises(PreconditionFailedError, match="would delete 11 of 12"):
            client.apply_zone(second)
        assert client.plan_zone(wanted).is_empty
        done = client.apply_zone(second, delete_threshold=1)
        assert [done.count(word) for word in ("create", "update", "delete")] == [2, 1, 11]
        client.wait_for_zone(name)
        assert client.plan_zone(second).is_empty
        assert ask(openstack_cloud.dns_server, f"n2.{name}") == [bytes([192, 0, 2, 99])]
        assert WantedZone.from_bind(client.export_zone(name)).record_sets != ()
    finally:
        client.delete_zone(str(made.zone_id))


def test_the_reverse_name_of_a_floating_ip(client: InfomaniakDNSClient, unique: str) -> None:
    network = InfomaniakNetworkClient(profile=client._arguments["profile"])
    ip = network.allocate_floating_ip(
        next(each.id for each in network.list_networks() if each.name == "ext-floating1")
    )
    try:
        address, name = ip.ip_address, f"{unique}.example.org"
        assert client.get_reverse_dns(address).hostname is None
        assert client.set_reverse_dns(address, name, dry_run=True).changes == {"ptrdname": f"{name}."}
        assert client.set_reverse_dns(address, name, ttl=300).hostname == f"{name}."
        found = client.wait_for_reverse_dns(ip.id)
        assert (found.address, found.hostname, found.status) == (address, f"{name}.", "ACTIVE")
        assert address in {ptr.address for ptr in client.list_ptr_records()}
        assert client.delete_reverse_dns(address) is True
        assert client.delete_reverse_dns(ip.id) is False
        with pytest.raises(NotFoundError):
            client.get_reverse_dns("198.51.100.1")
    finally:
        network.release_floating_ip(ip.id)


def test_zones_are_its_resources(client: InfomaniakDNSClient, unique: str) -> None:
    made = client.create_resource(f"{unique}.example", ResourceType.DNS, {"email": "a@example.org"})
    assert client.get_resource(made.id) is not None
    assert made.id in {each.id for each in client.list_resources(ResourceType.DNS)}
    assert client.list_resources(ResourceType.COMPUTE) == []
    assert client.delete_resource(made.id) is True
    client.wait_for_zone_gone(made.id)
    assert client.delete_resource(made.id) is False
