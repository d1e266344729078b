"""Who serves: the provider that requests may name and answers carry."""

from __future__ import annotations

PROVIDER_NAME = "Nemotron Runtime"
"""The display name, in ``provider`` and ``provider_name``."""

PROVIDER_SLUG = "nemotron-runtime"
"""What ``provider.only``, ``order`` and ``ignore`` call it, and the endpoint's ``tag``."""
