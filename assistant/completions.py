"""Completions: the assistant in the form of OpenAI's API, for tools that test and measure chat models."""

import json
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from assistant.answer import Answer, CitedClaim
from assistant.delivery import OVERDUE
from assistant.reception import Question, Reception
from assistant.wire import Refused

MODEL = "clinic-assistant"
NO_QUESTION = "The last message must be a user's, and have text."


class Part(BaseModel):
    """A part of a message; only text is read."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str = ""


class Message(BaseModel):
    """A message of the conversation; those of a system or an assistant are not read."""

    model_config = ConfigDict(extra="ignore")

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Return all text of the message."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text").strip()
        return (self.content or "").strip()


class CompletionRequest(BaseModel):
    """A conversation to go on with. How a model is sampled is ignored: every sentence is judged, whoever words it."""

    model_config = ConfigDict(extra="ignore")

    model: str = MODEL
    messages: Annotated[list[Message], Field(min_length=1)]
    stream: bool = False
    n: Literal[1] | None = None
    tools: Annotated[list[JsonValue], Field(max_length=0)] | None = None
    functions: Annotated[list[JsonValue], Field(max_length=0)] | None = None

    def question(self, longest: int) -> Question:
        """Return the last message as a question, and the same person's earlier ones as what came before.

        Raises:
            Refused: there is no question, or it is too long.
        """
        *before, last = self.messages
        if last.role != "user" or not last.text:
            raise Refused(HTTPStatus.BAD_REQUEST, NO_QUESTION)
        if len(last.text) > longest:
            raise Refused(HTTPStatus.BAD_REQUEST, f"A question may have {longest} characters at the most.")
        earlier = tuple(message.text for message in before if message.role == "user" and message.text)
        return Question(last.text, history=earlier)


def completion_routes(reception: Reception, longest: int) -> APIRouter:
    """Return the two paths of OpenAI's API that a chat needs."""
    routes = APIRouter(prefix="/v1", tags=["OpenAI form"])

    @routes.get("/models")
    def models() -> dict[str, JsonValue]:
        """List the one model that there is."""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "clinic"}]}

    @routes.post("/chat/completions", response_class=JSONResponse)
    async def complete(asked: CompletionRequest, request: Request) -> Response:
        """Answer the last message of a conversation, with its citations as a numbered list at the end."""
        said, _ = await reception.receive(asked.question(longest), request)
        if asked.stream:
            return StreamingResponse(_chunks(said), media_type="text/event-stream")
        closing = [each async for each in said if isinstance(each, Answer)]
        if not closing:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, OVERDUE)
        return JSONResponse(_completion(closing[0]))

    return routes


def _completion(answer: Answer) -> dict[str, Any]:
    sentences = [_marked(claim) for claim in answer.claims]
    content = " ".join([*sentences, *filter(None, [answer.message])]) + _rest(answer)
    return _frame(f"chatcmpl-{answer.id}", "chat.completion") | {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }


async def _chunks(said: AsyncIterator[CitedClaim | Answer]) -> AsyncIterator[str]:
    """Yield the same text piece by piece, in the events that OpenAI's clients read."""
    frame = _frame(f"chatcmpl-{time.time_ns():x}", "chat.completion.chunk")

    def chunk(delta: dict[str, str], finish: str | None = None) -> str:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        return f"data: {json.dumps(frame | {'choices': choices}, ensure_ascii=False)}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    gap = ""
    async for each in said:
        if isinstance(each, CitedClaim):
            yield chunk({"content": gap + _marked(each)})
            gap = " "
        else:
            yield chunk({"content": (gap + each.message if each.message else "") + _rest(each)})
    yield chunk({}, "stop")
    yield "data: [DONE]\n\n"


def _frame(id_: str, kind: str) -> dict[str, Any]:
    return {"id": id_, "object": kind, "created": int(time.time()), "model": MODEL}


def _marked(claim: CitedClaim) -> str:
    return f"{claim.text} " + "".join(f"[{citation.n}]" for citation in claim.citations)


def _rest(answer: Answer) -> str:
    """Return what stands below the sentences: notices, the ways to people, the citations."""
    card = [f"{link.label}: {link.href}" for link in answer.card.links] if answer.card else []
    cited = [f"[{each.n}] {each.byline}. {each.title}. {each.url}" for each in answer.citations]
    return "".join("\n\n" + "\n".join(lines) for lines in (answer.notices, card, cited) if lines)
