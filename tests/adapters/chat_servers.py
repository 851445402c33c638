"""Replies of chat-completion servers."""

from __future__ import annotations

import json
from typing import Any

from pytest_httpserver import HTTPServer
from scripted_servers import scripted
from werkzeug import Response

PATH = "/v1/chat/completions"


def completion(content: Any = "<A>", finish: Any = "stop", **message: Any) -> dict[str, Any]:
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "served",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    }


def scored(
    text: Any, *tokens: tuple[str, float, dict[str, float]], finish: Any = "stop", **message: Any
) -> dict[str, Any]:
    """A completion with log-probabilities: of each token itself, its own, and the most probable ones."""
    content = [
        {"token": token, "logprob": own, "top_logprobs": [{"token": t, "logprob": p} for t, p in top.items()]}
        for token, own, top in tokens
    ]
    whole = completion(text, finish, **message)
    whole["choices"][0]["logprobs"] = {"content": content}
    return whole


def failure(
    status: int, message: str = "no", headers: dict[str, str] | None = None, **error: Any
) -> Response:
    body = json.dumps({"error": {"message": message, **error}})
    return Response(body, status, headers, mimetype="application/json")


def served(server: HTTPServer, *script: Any) -> str:
    """Let ``server`` answer questions as scripted; return its address."""
    scripted(server, PATH, *script)
    return server.url_for("/v1")


def n_questions(server: HTTPServer) -> int:
    """How many questions reached ``server``."""
    return sum(request.path == PATH for request, _ in server.log)
