"""Records of what a real OpenStack answered: DNS, identity and stacks. The others are in their clients' tests."""

from __future__ import annotations

from cloud.infomaniak.dns._records import ptr_of, record_set_of, zone_of
from cloud.infomaniak.identity._records import application_credential_of, ec2_credential_of, token_of
from unit.infomaniak.clouds import SAMPLES


def test_zones_and_record_sets() -> None:
    zone = zone_of(SAMPLES["dns_zone"])
    assert (zone.name, zone.email, zone.ttl, zone.status) == (
        "sample.example.", "admin@example.org", 3600, "ACTIVE",
    )  # fmt: skip  # a row
    assert zone_of(SAMPLES["dns_zone_pending"]).status == "PENDING"
    record = record_set_of(SAMPLES["dns_record"])
    assert (record.name, record.type, record.records) == ("www.sample.example.", "A", ("192.0.2.1",))
    assert [record_set_of(each).is_managed for each in SAMPLES["dns_records"]["recordsets"]].count(True) == 2
    assert ptr_of(SAMPLES["dns_reverse"]["floatingips"][0]).hostname is None


def test_logins() -> None:
    token = token_of(SAMPLES["identity_token"]["token"])
    assert token.methods == ("password",)
    assert token.project is not None
    assert {"compute", "dns", "identity"} <= {service.type for service in token.services}
    made = application_credential_of(
        SAMPLES["identity_application_credential_made"]["application_credential"]
    )
    found = application_credential_of(SAMPLES["identity_application_credential"]["application_credential"])
    assert (made.secret is not None, found.secret) == (True, None)
    assert made.access_rules == found.access_rules
    assert [role.name for role in found.roles] == ["reader"]
    key = ec2_credential_of(SAMPLES["identity_ec2"]["credential"])
    assert (key.access_key, key.secret_key.reveal()) == ("planted-access", "planted-secret")
    assert "planted-secret" not in repr(key)
