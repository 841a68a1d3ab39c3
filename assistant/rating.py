"""Rating: how a visitor says what an answer was worth, or reports a problem with it."""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from assistant.admission import ENDED
from assistant.conversations import Conversations
from assistant.feedback import LONGEST_COMMENT, FeedbackRecords, Opinion, Rating, Reason
from assistant.metrics import Metrics
from assistant.reception import Reception, address_of
from assistant.wire import Refused, Token
from corpus.text import Lang

log = structlog.get_logger(__name__)

NOT_KEPT = "This could not be saved. Please tell the clinic directly."


class FeedbackRequest(BaseModel):
    """What a visitor says of an answer."""

    model_config = ConfigDict(extra="forbid")

    session: Token
    answer: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    rating: Rating
    reasons: Annotated[list[Reason], Field(max_length=6)] = []
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_COMMENT)] = ""
    transcript: StrictBool = False
    """Whether the visitor ticked that the clinic may read this conversation."""
    lang: Lang = "en"

    def opinion(self) -> Opinion:
        """Return what is said, without how it was sent."""
        return Opinion(**self.model_dump(exclude={"session", "transcript"}))


def rating_routes(
    reception: Reception, conversations: Conversations, records: FeedbackRecords, metrics: Metrics
) -> APIRouter:
    """Return the path for feedback."""
    routes = APIRouter(prefix="/v1", tags=["feedback"])

    def keep(said: FeedbackRequest) -> None:
        running = reception.running(said.session)
        if said.transcript and not running:
            raise Refused(HTTPStatus.UNAUTHORIZED, ENDED)
        session = running or reception.sessions.read(said.session)
        turns = conversations.turns(running.id) if running else ()
        records.keep(
            said.opinion(),
            tie=reception.sessions.tie(session) if session else None,
            about=next((turn for turn in turns if turn.id == said.answer), None),
            transcript=turns if said.transcript else (),
        )

    @routes.post("/feedback", status_code=HTTPStatus.NO_CONTENT)
    def take(said: FeedbackRequest, request: Request) -> None:
        """Keep what a visitor says of an answer, with the conversation only if the visitor ticked that."""
        reception.admission.count_feedback(address_of(request))
        try:
            keep(said)
        except Refused:
            raise
        except Exception as error:  # noqa: BLE001 - whatever broke, the visitor is told where to turn
            log.error("feedback_broke", error=type(error).__name__)
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, NOT_KEPT) from None
        metrics.rated(said.rating)

    return routes
