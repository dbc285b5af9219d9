"""How what answers becomes routes of Starlette: in a thread, with a sentence for what cannot be answered."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from assay.errors import AssayError, MissingExtra, UsageError
from assay.network import serving
from assay.network.serving import Refusal
from assay.serve.answers import said

MOST = 1 << 20  # bytes of what is sent
_AS_IT_COMES = {"X-Accel-Buffering": "no"}  # nginx else gathers 4 kB of it: ngx_http_proxy_module, "proxy_buffering"
_PATIENCE = 30.0  # seconds for it to be there


def library() -> Any:
    """What is used of Starlette (MissingExtra: it is not installed)."""
    try:
        from starlette.applications import Starlette
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import Response, StreamingResponse
        from starlette.routing import Route
    except ImportError:
        raise MissingExtra("serve", "the workbench") from None
    return SimpleNamespace(
        Starlette=Starlette,
        Response=Response,
        StreamingResponse=StreamingResponse,
        Route=Route,
        run_in_threadpool=run_in_threadpool,
    )


class Routing:
    """Routes, added one by one, and the application of them."""

    def __init__(self) -> None:
        self._starlette = library()
        self._routes: list[Any] = []

    def shows(self, path: str, answer: Callable[..., tuple[Any, ...]]) -> None:
        """What can be looked at: body and type."""
        self._add("GET", path, self._of(answer))

    def changes(self, method: str, path: str, answer: Callable[..., tuple[Any, ...]]) -> None:
        """What is sent: body, type, status and headers."""
        self._add(method, path, self._of(answer, MOST))

    def tells(self, path: str, stream: Callable[[Any], Any]) -> None:
        """Events, as they come."""

        async def told(request: Any) -> Any:
            try:
                return self._starlette.StreamingResponse(
                    stream(request), headers=_AS_IT_COMES, media_type="text/event-stream"
                )
            except Refusal as cause:
                return self._refused(request, cause.status, str(cause))

        self._add("GET", path, told)

    def application(self) -> Any:
        """All of them as an ASGI application."""

        async def missing(request: Any, _cause: Any) -> Any:
            return self._refused(request, 404, "There is no such page.")

        async def otherwise(request: Any, _cause: Any) -> Any:
            path = request.url.path
            ways = sorted({way for row in self._routes if row.path_regex.match(path) for way in row.methods})
            answer = self._refused(request, 405, f"This is asked for by {' or '.join(ways)} alone.")
            answer.headers["Allow"] = ", ".join(ways)  # RFC 9110, 15.5.6
            return answer

        async def broken(request: Any, _cause: Any) -> Any:
            return self._refused(request, 500, "This is a bug in assay: what it was is where assay serve runs.")

        return self._starlette.Starlette(
            routes=self._routes, exception_handlers={404: missing, 405: otherwise, 500: broken}
        )

    def _add(self, method: str, path: str, answered: Any) -> None:
        self._routes.append(self._starlette.Route(path, answered, methods=[method]))

    def _of(self, answer: Callable[..., tuple[Any, ...]], most: int = 0) -> Any:
        async def answered(request: Any) -> Any:
            try:
                raw = (await serving.body(request, most, _PATIENCE, "form"),) if most else ()
                body, kind, *more = await self._starlette.run_in_threadpool(answer, request, *raw)
                status, headers = more or (200, {})
                return self._starlette.Response(body, status, headers=headers, media_type=kind)
            except (Refusal, AssayError) as cause:
                return self._refused(request, _status(cause), str(cause))

        return answered

    def _refused(self, request: Any, status: int, why: str) -> Any:
        body, kind = said(request.url.path, status, why)
        return self._starlette.Response(body, status, media_type=kind)


def _status(cause: Refusal | AssayError) -> int:
    return cause.status if isinstance(cause, Refusal) else 400 if isinstance(cause, UsageError) else 500
