"""``cloud inventory``: what every configured provider holds for you."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cloud._resources import resource_services
from cloud.cli._errors import OK, PARTIAL, error_line, exit_code
from cloud.cli._text import count_text, time_text
from cloud.common.enums import CloudProvider, ResourceType
from cloud.common.errors import CloudError, ConfigurationError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from cloud._resources import ResourceService
    from cloud.cli._console import Console
    from cloud.cli._places import Session
    from cloud.common.contracts import CloudClient
    from cloud.common.models import CloudResource

_HEADERS = ("service", "type", "name", "id", "region", "status", "created")


def inventory(args: Namespace, session: Session, console: Console) -> int:
    """Print every resource of every configured provider; one that fails is told and fails the command."""
    wanted = {CloudProvider(name) for name in args.provider} or set(CloudProvider)
    services = [each for each in resource_services(session.config, args.profile) if each.provider in wanted]
    missing = sorted({each.value for each in wanted} - {each.provider.value for each in services})
    if not services or (args.provider and missing):
        names = ", ".join(missing) if args.provider else "any provider"
        raise ConfigurationError(
            f"there are no credentials of {names}", hint="`cloud providers` shows what was found"
        )
    found: list[tuple[str, CloudResource]] = []
    problems: list[tuple[str, CloudError]] = []
    for service in services:
        for place, resources in _asked(args, service):
            if isinstance(resources, CloudError):
                problems.append((place, resources))
                console.problem(f"{place}: {error_line(resources)}")
            else:
                found.extend((place, item) for item in resources if _fits(args, item))
    _print(console, found, problems)
    if not problems:
        return OK
    return exit_code(problems[0][1]) if len(problems) == len(services) == 1 else PARTIAL


def _asked(
    args: Namespace, service: ResourceService
) -> Iterator[tuple[str, list[CloudResource] | CloudError]]:
    """Yield, for each region that is asked, its name and what it holds, or why that is not known."""
    try:
        # Each has its own: --endpoint is meant for the only one that is asked.
        client = service.open(region=args.region, endpoint_url=args.endpoint)
    except CloudError as error:
        yield service.name, error
        return
    with client:  # type: ignore[attr-defined]  # every client of this library is a context manager
        if not args.all_regions or not hasattr(client, "in_region"):
            yield service.name, _listed(args, client)
            return
        try:
            regions: list[str] = client.list_regions()  # type: ignore[attr-defined]  # beside in_region
        except CloudError as error:
            yield service.name, error
            return
        for region in regions:
            with client.in_region(region) as there:
                yield f"{service.name} {region}", _listed(args, there)


def _listed(args: Namespace, client: CloudClient) -> list[CloudResource] | CloudError:
    try:
        if not args.type:
            return client.list_resources()
        kinds = dict.fromkeys(ResourceType(name) for name in args.type)
        return [item for kind in kinds for item in client.list_resources(kind)]
    except CloudError as error:
        return error


def _fits(args: Namespace, item: CloudResource) -> bool:
    for text in args.tag:
        name, equals, value = text.partition("=")
        if name not in item.tags or (equals and item.tags[name] != value):
            return False
    return True


def _print(
    console: Console, found: list[tuple[str, CloudResource]], problems: list[tuple[str, CloudError]]
) -> None:
    totals = Counter(item.resource_type.value for _, item in found)
    by_provider = Counter(item.provider.value for _, item in found)
    if console.json:
        document: dict[str, Any] = {
            "resources": [{"service": service, **item.to_dict()} for service, item in found],
            "totals": {
                "all": len(found),
                "by_type": dict(sorted(totals.items())),
                "by_provider": dict(sorted(by_provider.items())),
            },
            "problems": [{**error.to_dict(), "service": service} for service, error in problems],
        }
        console.document(document)
        return
    console.table(
        _HEADERS,
        [
            (
                service,
                item.resource_type.value,
                item.name or "-",
                item.id,
                item.region or "-",
                item.status or "-",
                time_text(item.created_at),
            )
            for service, item in found
        ],
    )
    console.flush()
    parts = [f"{count} {kind}" for kind, count in sorted(totals.items())]
    summary = count_text(len(found), "resource") + (f": {', '.join(parts)}" if parts else "")
    if problems:
        summary += f"; {count_text(len(problems), 'service')} failed, so this is not everything"
    console.note(summary)
