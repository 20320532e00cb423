"""Who you are, what a link leads to, and whether a change is applied."""

from __future__ import annotations

from cloud.coda_io._core import CodaCore
from cloud.coda_io._doc_records import ApiLink, User
from cloud.coda_io._mutation import DEFAULT_WAIT_SECONDS, Mutation, MutationStatus


class AccountOperations(CodaCore):
    """Operations that are about no doc."""

    def whoami(self) -> User:
        """Return whose token it is."""
        return self._one("whoami", User.from_dict)

    def resolve_browser_link(self, url: str, degrade_gracefully: bool | None = None) -> ApiLink:
        """Return what a URL for people leads to.

        Args:
            url: as in a browser.
            degrade_gracefully: of something that was deleted, give what was around it instead of an error.
        """
        return self._one(
            "resolve_browser_link",
            ApiLink.from_dict,
            query={"url": url, "degradeGracefully": degrade_gracefully},
        )

    def get_mutation_status(self, request_id: str) -> MutationStatus:
        """Return whether a change is applied.

        Raises:
            CodaNotFoundError: the service does not know it: not yet (right after the change), or not any
                more (after about a day).
        """
        return self._one("get_mutation_status", MutationStatus.from_dict, request_id)

    def wait_for_mutation(self, request_id: str, timeout: float = DEFAULT_WAIT_SECONDS) -> Mutation:
        """Return the mutation with this id once it is applied; see `Mutation.wait`."""
        return Mutation.queued(self, "wait_for_mutation", request_id, {"requestId": request_id}).wait(timeout)
