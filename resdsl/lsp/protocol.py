"""JSON-RPC as pygls speaks it, with an answer for each request, also for one that makes no sense."""

from __future__ import annotations

from typing import Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidRequest, JsonRpcParseError
from pygls.protocol import LanguageServerProtocol

ANSWERED: Final = object()  # in the place of a message that was refused


class Protocol(LanguageServerProtocol):
    """Answers what pygls only logs: messages of another shape, and requests after `shutdown`."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """The message that an object is, or the object."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" not in data:
                raise
            self.refuse(data, error)
            return ANSWERED

    def handle_message(self, message: Any) -> None:
        """Hands a message on to its handler."""
        if message is ANSWERED:
            return
        if not hasattr(message, "jsonrpc") or message.jsonrpc != self.VERSION:
            self.refuse(message, JsonRpcInvalidRequest("expected an object of JSON-RPC 2.0"))
        elif self._shutdown and getattr(message, "method", types.EXIT) != types.EXIT and hasattr(message, "id"):
            self._send_response(message.id, None, JsonRpcInvalidRequest("the server is shut down").to_response_error())
        else:
            super().handle_message(message)

    def refuse(self, message: Any, error: JsonRpcException) -> None:
        """Answers with an error, under the request's number where it has one; a notification gets no answer."""
        given = message.get("id") if isinstance(message, dict) else getattr(message, "id", None)
        number = given if isinstance(given, int | str) else None
        if number is not None or not (isinstance(message, dict) and "method" in message and "id" not in message):
            self._send_data(types.ResponseErrorMessage(number, error.to_response_error()))

    def refuse_text(self) -> None:
        """Answers what is no JSON."""
        self.refuse(None, JsonRpcParseError("expected JSON"))
