"""What is known of promises that are not kept: works, and what limits them."""

LIMITS: list[tuple[tuple[str, ...], str]] = []
