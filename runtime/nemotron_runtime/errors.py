"""The one error tree and its one mapping to HTTP.

RuntimeFault                      message is safe for clients; details belong in the log
 |- ClientError
 |   |- InvalidRequest            400
 |   |   `- ContextLengthExceeded 400
 |   |- Unauthorized              401
 |   |- LimitExhausted            402
 |   |- Forbidden                 403
 |   |- NotFound                  404
 |   |   `- ModelNotFound         404  (also: no endpoint fits the request)
 |   |- RequestTimeout            408
 |   |- PayloadTooLarge           413
 |   `- RateLimited               429
 |- EngineError
 |   |- GenerationFailed          502
 |   |- EngineOverloaded          503, Retry-After
 |   `- EngineDead                503, readiness turns false and the supervisor starts a fresh engine
 `- SetupError                    the command line only: says what to do next
     |- ConfigError
     |- HardwareUnsupported
     |- WeightsMissing
     |- WeightsCorrupt
     |- BundleCorrupt
     |- DiskFull
     `- KernelUnavailable

Foreign exceptions are translated where they enter, with ``raise ... from``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class RuntimeFault(Exception):
    """Base of all errors that this project raises on purpose.

    Args:
        message: Safe to show to a client: no paths, no prompt text, no library names.
        metadata: Extra fields of the wire's ``error.metadata``.
        retry_after_s: Seconds for the ``Retry-After`` header, where waiting helps.
    """

    status: ClassVar[int] = 500
    error_type: ClassVar[str] = "server"

    def __init__(
        self,
        message: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.retry_after_s = retry_after_s


class ClientError(RuntimeFault):
    """The request is at fault."""

    status = 400
    error_type = "invalid_request"


class InvalidRequest(ClientError):
    """A field is wrong; the message is ``<path>: <what is expected>``."""


class ContextLengthExceeded(InvalidRequest):
    """Prompt and requested output don't fit the context."""

    error_type = "context_length_exceeded"


class Unauthorized(ClientError):
    """No key, or a key that is not known."""

    status = 401
    error_type = "authentication"


class LimitExhausted(ClientError):
    """The key's budget is used up."""

    status = 402
    error_type = "payment_required"


class Forbidden(ClientError):
    """The key or the origin may not do this."""

    status = 403
    error_type = "permission_denied"


class NotFound(ClientError):
    """There is no such thing."""

    status = 404
    error_type = "not_found"


class ModelNotFound(NotFound):
    """No model, or no endpoint of it, can serve this request."""


class RequestTimeout(ClientError):
    """The request took too long to arrive or to be answered."""

    status = 408
    error_type = "timeout"


class PayloadTooLarge(ClientError):
    """The body is over the limit."""

    status = 413
    error_type = "payload_too_large"


class RateLimited(ClientError):
    """Too many requests."""

    status = 429
    error_type = "rate_limit_exceeded"


class EngineError(RuntimeFault):
    """The engine is at fault."""

    status = 502
    error_type = "provider_unavailable"


class GenerationFailed(EngineError):
    """The engine gave this request up."""


class EngineOverloaded(EngineError):
    """The queue is full."""

    status = 503
    error_type = "provider_overloaded"


class EngineDead(EngineError):
    """The engine is gone; a fresh one is being started."""

    status = 503
    error_type = "provider_unavailable"


class SetupError(RuntimeFault):
    """Starting is not possible; the message says what to do next."""


class ConfigError(SetupError):
    """A setting is wrong."""


class HardwareUnsupported(SetupError):
    """This machine can't serve the chosen model."""


class WeightsMissing(SetupError):
    """The weights are not there, or not whole."""


class WeightsCorrupt(SetupError):
    """The weights are there but wrong."""


class BundleCorrupt(SetupError):
    """A part of a bundle is missing, damaged or another bundle's."""


class DiskFull(SetupError):
    """Not enough room on the disk."""


class KernelUnavailable(SetupError):
    """A kernel was demanded that can't run here."""
