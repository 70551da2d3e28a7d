"""Every error modelyard raises on purpose, one class per outcome.

The tree::

    ModelyardError                      500 INTERNAL_ERROR
    ├── UserError                       what the caller can mend
    │   ├── InvalidParameter            400 INVALID_PARAMETER_VALUE
    │   ├── BadRequest                  400 BAD_REQUEST
    │   ├── AlreadyExists               400 RESOURCE_ALREADY_EXISTS
    │   ├── Unauthenticated             401 UNAUTHENTICATED
    │   ├── PermissionDenied            403 PERMISSION_DENIED
    │   │   ├── UntrustedModel          403 PERMISSION_DENIED
    │   │   └── ChangedModel            403 PERMISSION_DENIED
    │   ├── NotFound                    404 RESOURCE_DOES_NOT_EXIST
    │   │   └── EndpointNotFound        404 ENDPOINT_NOT_FOUND
    │   ├── MethodNotAllowed            405 ENDPOINT_NOT_FOUND
    │   ├── Conflict                    409 RESOURCE_CONFLICT
    │   ├── TooLarge                    413 INVALID_PARAMETER_VALUE
    │   ├── UnsupportedMediaType        415 BAD_REQUEST
    │   ├── RangeNotSatisfiable         416 BAD_REQUEST
    │   ├── ModelFailed                 400 BAD_REQUEST (MLflow's own status)
    │   └── InvalidState                500 INVALID_STATE (MLflow's own status)
    │       └── ChangedDataset          500 INVALID_STATE
    ├── Busy                            what may work when tried again
    │   ├── LimitExceeded               429 REQUEST_LIMIT_EXCEEDED
    │   ├── Unavailable                 503 TEMPORARILY_UNAVAILABLE
    │   └── DeadlineExceeded            504 DEADLINE_EXCEEDED
    ├── NotSupported                    501 NOT_IMPLEMENTED
    ├── MissingExtra                    an optional dependency is not installed
    ├── ProjectFailed                   a project's process could not be started, or did not end well
    ├── StoreError                      the store on disk cannot be used as it is
    │   ├── StoreLocked                 another server owns the folder
    │   ├── StoreDamaged                the database file is corrupt or is no database
    │   └── SchemaTooNew                written by a later release
    └── Unreachable                     the client got no answer from the server

Codes and status are MLflow's, so that its clients treat our answers as they treat its own.
"""

from __future__ import annotations

from typing import Any, ClassVar


class ModelyardError(Exception):
    """Something went wrong inside modelyard."""

    error_code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip().split("\n", 1)[0]
        super().__init__(self.message)

    def get_http_status_code(self) -> int:
        """The HTTP status of the error, by the name MLflow's exceptions use."""
        return self.status

    def as_wire(self) -> dict[str, Any]:
        """The body of the error's answer."""
        return {"error_code": self.error_code, "message": self.message}


class UserError(ModelyardError):
    """The request cannot be served as it was made."""


class InvalidParameter(UserError):
    """A value in the request is not allowed."""

    error_code = "INVALID_PARAMETER_VALUE"
    status = 400


class BadRequest(UserError):
    """The request could not be understood."""

    error_code = "BAD_REQUEST"
    status = 400


class AlreadyExists(UserError):
    """Something of that name exists already."""

    error_code = "RESOURCE_ALREADY_EXISTS"
    status = 400


class Unauthenticated(UserError):
    """The request carries no valid credentials."""

    error_code = "UNAUTHENTICATED"
    status = 401


class PermissionDenied(UserError):
    """The caller may not do this."""

    error_code = "PERMISSION_DENIED"
    status = 403


class UntrustedModel(PermissionDenied):
    """The model is untrusted: its format can run code, and nobody this machine trusts signed it."""


class ChangedModel(PermissionDenied):
    """The model's files are not the ones its manifest names."""


class NotFound(UserError):
    """There is nothing of that name."""

    error_code = "RESOURCE_DOES_NOT_EXIST"
    status = 404


class EndpointNotFound(NotFound):
    """There is no endpoint at this address."""

    error_code = "ENDPOINT_NOT_FOUND"


class MethodNotAllowed(UserError):
    """The endpoint does not take this HTTP method."""

    error_code = "ENDPOINT_NOT_FOUND"
    status = 405


class Conflict(UserError):
    """The request contradicts an earlier one."""

    error_code = "RESOURCE_CONFLICT"
    status = 409


class TooLarge(UserError):
    """The request is larger than its limit."""

    error_code = "INVALID_PARAMETER_VALUE"
    status = 413


class UnsupportedMediaType(UserError):
    """The body is of a type this endpoint does not read."""

    error_code = "BAD_REQUEST"
    status = 415


class RangeNotSatisfiable(UserError):
    """The requested byte range lies outside the file."""

    error_code = "BAD_REQUEST"
    status = 416


class ModelFailed(UserError):
    """The model's own code failed on this input."""

    error_code = "BAD_REQUEST"
    status = 400


class InvalidState(UserError):
    """The object is not in a state that allows this."""

    error_code = "INVALID_STATE"
    status = 500


class ChangedDataset(InvalidState):
    """The data are not those that the version of the dataset was made of."""


class Busy(ModelyardError):
    """Nothing was done; the same request may succeed later."""

    retry_after: int = 1

    def __init__(self, message: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LimitExceeded(Busy):
    """Too many requests at once."""

    error_code = "REQUEST_LIMIT_EXCEEDED"
    status = 429


class Unavailable(Busy):
    """The service cannot do this right now."""

    error_code = "TEMPORARILY_UNAVAILABLE"
    status = 503

    def __init__(self, message: str | None = None, *, retry_after: int = 1, reason: str | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.reason = reason


class DeadlineExceeded(Busy):
    """The request took longer than its time limit."""

    error_code = "DEADLINE_EXCEEDED"
    status = 504


class NotSupported(ModelyardError):
    """This server does not offer that."""

    error_code = "NOT_IMPLEMENTED"
    status = 501


class MissingExtra(ModelyardError):
    """An optional dependency is not installed."""

    def __init__(self, what: str, *, extra: str) -> None:
        super().__init__(f"{what} needs an extra: pip install 'modelyard[{extra}]'")
        self.extra = extra


class ProjectFailed(ModelyardError):
    """A project's process could not be started, or did not end well."""


class StoreError(ModelyardError):
    """The store cannot be used as it is."""


class StoreLocked(StoreError):
    """Another server owns this store."""


class StoreDamaged(StoreError):
    """The store's database is damaged."""

    error_code = "TEMPORARILY_UNAVAILABLE"
    status = 503


class SchemaTooNew(StoreError):
    """The store was written by a later release of modelyard."""


class Unreachable(ModelyardError):
    """The tracking server did not answer."""


def first_line(error: BaseException) -> str:
    r"""What a library's error says first, for a sentence of ours: without the full stop; its class where it says nothing.

    >>> first_line(ValueError("no such column.\n  at row 3"))
    'no such column'
    >>> first_line(TimeoutError())
    'TimeoutError'
    """
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(" .") if lines else type(error).__name__


def all_errors() -> dict[str, type[ModelyardError]]:
    """Wire code → the class a client raises for it (the most general one of each code)."""
    found: dict[str, type[ModelyardError]] = {}
    pending: list[type[ModelyardError]] = [ModelyardError]
    while pending:
        cls = pending.pop(0)
        found.setdefault(cls.error_code, cls)
        pending.extend(cls.__subclasses__())
    return found


def from_wire(status: int, body: dict[str, Any]) -> ModelyardError:
    """The error a client raises for a server's answer of ``status`` with ``body``."""
    cls = all_errors().get(str(body.get("error_code", "")), ModelyardError)
    return cls(str(body.get("message") or f"The server answered with status {status}."))
