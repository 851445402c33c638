"""Replies of the Gemini API."""

from __future__ import annotations

import json
from typing import Any

from pytest_httpserver import HTTPServer
from scripted_servers import scripted
from werkzeug import Response

MODEL = "gemini-3.8-flash"
PATH = f"/v1/models/{MODEL}:generateContent"
#: The shortest reply that is an answer.
ANSWER = {"candidates": [{"content": {"parts": [{"text": "<A>"}]}, "finishReason": "STOP"}]}
#: Of an exhausted quota of any kind.
RATE = "RESOURCE_EXHAUSTED"


def reply(*texts: str | dict[str, Any], finish: Any = "STOP", **fields: Any) -> dict[str, Any]:
    parts = [{"text": text} if isinstance(text, str) else text for text in texts]
    usage = {"promptTokenCount": 80, "candidatesTokenCount": 2, "totalTokenCount": 82}
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": f"{MODEL}-001", **fields}


def failure(
    status: int,
    message: str = "no",
    *details: dict[str, Any],
    name: str = "INVALID_ARGUMENT",
    headers: dict[str, str] | None = None,
) -> Response:
    error = {"code": status, "message": message, "status": name, "details": list(details)}
    return Response(json.dumps({"error": error}), status, headers, mimetype="application/json")


def detail(kind: str, **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


def quota(name: str) -> dict[str, Any]:
    return detail("QuotaFailure", violations=[{"quotaMetric": "requests", "quotaId": name}])


BAD_KEY = detail("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com")


def served(server: HTTPServer, *script: Any) -> str:
    """Let ``server`` answer questions as scripted; return its address."""
    scripted(server, PATH, *script)
    return server.url_for("/")
