"""L7 policies of listeners, and their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError
from cloud.infomaniak._planning import Step, change
from cloud.infomaniak._service import exists, one_of, part, something
from cloud.infomaniak.network._balancer_read import l7_policy_of, l7_rule_of
from cloud.infomaniak.network._balancers import BalancerCalls

if TYPE_CHECKING:
    from cloud.common._paging import Pager
    from cloud.infomaniak.network._balancer_records import L7Policy, L7Rule

_NEEDS = {
    "REJECT": None,
    "REDIRECT_TO_POOL": "redirect_pool_id",
    "REDIRECT_TO_URL": "redirect_url",
    "REDIRECT_PREFIX": "redirect_prefix",
}
_RULE_TYPES = frozenset(
    {
        "COOKIE",
        "FILE_TYPE",
        "HEADER",
        "HOST_NAME",
        "PATH",
        "SSL_CONN_HAS_CERT",
        "SSL_VERIFY_RESULT",
        "SSL_DN_FIELD",
    }
)
_COMPARISONS = frozenset({"CONTAINS", "ENDS_WITH", "EQUAL_TO", "REGEX", "STARTS_WITH"})


class PolicyCalls(BalancerCalls):
    """What a listener does with certain requests."""

    def list_l7_policies(
        self, listener_id: str | None = None, *, token: str | None = None, limit: int | None = None
    ) -> Pager[L7Policy]:
        """Return the policies of one listener, or of all."""
        return self._balancer_list(
            "list_l7_policies",
            listener_id or "",
            "/l7policies",
            "l7policies",
            l7_policy_of,
            {"listener_id": listener_id},
            token,
            limit,
        )

    def get_l7_policy(self, policy_id: str) -> L7Policy:
        """Return one policy."""
        path = f"/l7policies/{part(policy_id)}"
        return self._balancer_one("get_l7_policy", policy_id, path, "l7policy", l7_policy_of)

    def _balancer_of_policy(self, policy_id: str) -> str | None:
        return self._balancer_of_listener(self.get_l7_policy(policy_id).listener_id)

    @change
    def create_l7_policy(
        self,
        listener_id: str,
        action: str,
        *,
        name: str | None = None,
        description: str | None = None,
        position: int | None = None,
        redirect_pool_id: str | None = None,
        redirect_url: str | None = None,
        redirect_prefix: str | None = None,
        redirect_http_code: int | None = None,
    ) -> Step[L7Policy]:
        """Return the new policy. It takes every request until it has a rule.

        Args:
            action: ``REJECT``, ``REDIRECT_TO_POOL``, ``REDIRECT_TO_URL`` or ``REDIRECT_PREFIX``; the last three
                need the argument of their name.
            position: the policies are tried from 1 on; the last one when None.
        """
        one_of(action, _NEEDS, "action of policies")
        targets = {
            "redirect_pool_id": redirect_pool_id,
            "redirect_url": redirect_url,
            "redirect_prefix": redirect_prefix,
        }
        needed = _NEEDS[action]
        wrong = [name for name, value in targets.items() if (value is not None) != (name == needed)]
        if wrong:
            raise InvalidRequestError(
                f"{action} takes {needed or 'no target'}, and no other target", hint=f"see {wrong[0]}"
            )
        body = {
            "listener_id": listener_id,
            "action": action,
            "name": name,
            "description": description,
            "position": position,
            **targets,
            "redirect_http_code": redirect_http_code,
        }
        return self._balancer_change(
            "POST",
            "create_l7_policy",
            name or listener_id,
            "/l7policies",
            "l7policy",
            body,
            l7_policy_of,
            lambda: self._balancer_of_listener(listener_id),
            (
                *exists("listener", listener_id, self.get_listener),
                *exists("pool", redirect_pool_id, self.get_pool),
            ),
        )

    @change
    def update_l7_policy(
        self,
        policy_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        position: int | None = None,
        is_admin_state_up: bool | None = None,
    ) -> Step[L7Policy]:
        """Return the changed policy. What is None stays."""
        body = something(
            {
                "name": name,
                "description": description,
                "position": position,
                "admin_state_up": is_admin_state_up,
            }
        )
        return self._balancer_change(
            "PUT",
            "update_l7_policy",
            policy_id,
            f"/l7policies/{part(policy_id)}",
            "l7policy",
            body,
            l7_policy_of,
            lambda: self._balancer_of_policy(policy_id),
            exists("policy", policy_id, self.get_l7_policy),
        )

    @change
    def delete_l7_policy(self, policy_id: str) -> Step[bool]:
        """Make sure that the policy goes with its rules; False when there was none."""
        return self._balancer_gone(
            "delete_l7_policy",
            "policy",
            policy_id,
            f"/l7policies/{part(policy_id)}",
            self.get_l7_policy,
            lambda: self._balancer_of_policy(policy_id),
        )

    # -- rules -----------------------------------------------------------------------------------------------
    def list_l7_rules(
        self, policy_id: str, *, token: str | None = None, limit: int | None = None
    ) -> Pager[L7Rule]:
        """Return the rules of a policy; all of them must hold."""
        return self._balancer_list(
            "list_l7_rules",
            policy_id,
            f"/l7policies/{part(policy_id)}/rules",
            "rules",
            lambda data: l7_rule_of(policy_id, data),
            {},
            token,
            limit,
        )

    def get_l7_rule(self, policy_id: str, rule_id: str) -> L7Rule:
        """Return one rule of a policy."""
        return self._balancer_one(
            "get_l7_rule",
            rule_id,
            f"/l7policies/{part(policy_id)}/rules/{part(rule_id)}",
            "rule",
            lambda data: l7_rule_of(policy_id, data),
        )

    @change
    def add_l7_rule(
        self,
        policy_id: str,
        rule_type: str,
        compare_type: str,
        value: str,
        *,
        key: str | None = None,
        is_inverted: bool | None = None,
    ) -> Step[L7Rule]:
        """Return the new rule of the policy.

        Args:
            rule_type: ``PATH``, ``HOST_NAME``, ``FILE_TYPE``, ``HEADER``, ``COOKIE`` and others.
            compare_type: ``STARTS_WITH``, ``ENDS_WITH``, ``CONTAINS``, ``EQUAL_TO`` or ``REGEX``.
            key: the header's or cookie's name.
            is_inverted: whether the opposite must hold.
        """
        if (key is None) == (rule_type in {"HEADER", "COOKIE", "SSL_DN_FIELD"}):
            raise InvalidRequestError(
                "HEADER, COOKIE and SSL_DN_FIELD need a key, and nothing else takes one"
            )
        body = {
            "type": one_of(rule_type, _RULE_TYPES, "type of rules"),
            "compare_type": one_of(compare_type, _COMPARISONS, "comparison"),
            "value": value,
            "key": key,
            "invert": is_inverted,
        }
        return self._balancer_change(
            "POST",
            "add_l7_rule",
            policy_id,
            f"/l7policies/{part(policy_id)}/rules",
            "rule",
            body,
            lambda data: l7_rule_of(policy_id, data),
            lambda: self._balancer_of_policy(policy_id),
            exists("policy", policy_id, self.get_l7_policy),
        )

    @change
    def delete_l7_rule(self, policy_id: str, rule_id: str) -> Step[bool]:
        """Make sure that the rule goes; False when there was none."""
        return self._balancer_gone(
            "delete_l7_rule",
            "rule",
            rule_id,
            f"/l7policies/{part(policy_id)}/rules/{part(rule_id)}",
            lambda found: self.get_l7_rule(policy_id, found),
            lambda: self._balancer_of_policy(policy_id),
        )
