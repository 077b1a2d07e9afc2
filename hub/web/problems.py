"""Every refusal as an RFC 9457 problem: Chinese first, English second, and never the offending value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from hub.flows import errors
from hub.flows.closing import Altered
from hub.web.answers import dumped, speakable_path

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2

STATUS: Final[Mapping[type[errors.FlowError], int]] = {
    errors.NotKnown: 404,
    errors.KeyReused: 409,
    errors.StillRunning: 409,
    errors.NumberTaken: 409,
    errors.Busy: 503,
    errors.WrongState: 409,
    errors.OverLimit: 422,
    errors.MonthClosed: 409,
    Altered: 500,
}
"""The only place where a flow's refusal becomes an HTTP status."""

TITLES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("请求无法读取", "The request cannot be read"),
    401: ("未通过身份验证", "Not authenticated"),
    403: ("没有权限", "Not allowed"),
    404: ("不存在", "Not found"),
    405: ("不支持该方法", "Method not allowed"),
    406: ("没有所需格式", "Not available in this format"),
    408: ("请求超时", "The request took too long"),
    409: ("与当前状态冲突", "Conflicts with the current state"),
    413: ("请求体过大", "The body is too large"),
    415: ("不支持该内容类型", "Unsupported content type"),
    422: ("请求内容不符合要求", "The request is not acceptable"),
    500: ("系统内部错误", "Internal error"),
    503: ("暂时不可用", "Temporarily unavailable"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input. `field` is a dotted path, `(body)` for the body as a whole."""

    field: str
    code: str
    zh: str
    en: str

    def to_json(self) -> dict[str, str]:
        """As it stands in the problem's `errors`."""
        return {"field": self.field, "code": self.code, "zh": self.zh, "en": self.en}


class Refused(Exception):
    """The web's own refusal: an HTTP status, a stable code, words for people, and the faults one by one."""

    def __init__(
        self,
        status: int,
        code: str,
        zh: str,
        en: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(en)
        self.status, self.code, self.zh, self.en = status, code, zh, en
        self.faults = tuple(faults)
        self.headers = dict(headers or {})


def body_of(refused: Refused, instance: str) -> dict[str, object]:
    """Return the problem's members. `instance` is the path, its unspeakable parts withheld."""
    zh, en = TITLES.get(refused.status, ("请求未被接受", "The request was not accepted"))
    return {
        "type": f"urn:loanhub:problem:{refused.code}",
        "title": f"{zh} / {en}",
        "status": refused.status,
        "detail": f"{refused.zh} / {refused.en}",
        "instance": speakable_path(instance),
        "code": refused.code,
        "errors": [fault.to_json() for fault in refused.faults],
    }


def response(refused: Refused, instance: str) -> Response:
    """Return the problem as an answer."""
    content = dumped(body_of(refused, instance))
    return Response(content, refused.status, refused.headers, media_type=MEDIA_TYPE)


def from_flow(error: errors.FlowError) -> Refused:
    """Return a flow's refusal with its status; what names an input field is that field's fault."""
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 409)
    if isinstance(error, errors.NotKnown) and error.field is not None:
        status = 422
    faults = [] if error.field is None else [Fault(error.field, error.code, error.zh, error.en)]
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return Refused(status, error.code, error.zh, error.en, faults=faults, headers=headers)


def unavailable() -> Refused:
    """The database does not answer; nothing was decided."""
    return Refused(
        503,
        "database_unavailable",
        "数据库暂时不可用，请稍后用同一 Idempotency-Key 重试",
        "the database does not answer; try again with the same Idempotency-Key",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )
