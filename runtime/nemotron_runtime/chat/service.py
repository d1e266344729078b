"""Runs a plan: engine deltas in, chat events out. The only async generator of the core."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

import structlog

from nemotron_runtime.chat.call_check import count_calls
from nemotron_runtime.chat.events import (
    ChatEvent,
    Finished,
    FinishReason,
    Piece,
    Timings,
    ToolCallArgs,
    ToolCallStart,
    Usage,
)
from nemotron_runtime.chat.plan import GenerationPlan, new_call_id
from nemotron_runtime.chat.record import FREE, NOBODY, Caller, Cost, GenerationRecord, Outcome, Recorder
from nemotron_runtime.chat.splitter import Splitter
from nemotron_runtime.chat.tokens import StreamDecoder, Tokens
from nemotron_runtime.chat.transcript import Transcript
from nemotron_runtime.engine.base import Engine, EngineRequest, TokenDelta
from nemotron_runtime.errors import GenerationFailed, RuntimeFault

log = structlog.get_logger()

FAILED_FINISHES = frozenset({"error", "abort", "repetition"})


@dataclass(slots=True)
class _Run:
    """The moving parts of one generation."""

    plan: GenerationPlan
    splitter: Splitter
    decoder: StreamDecoder
    began: float = field(default_factory=time.monotonic)
    first_token_s: float | None = None
    completion_tokens: int = 0
    cached_tokens: int = 0

    def take(self, delta: TokenDelta) -> list[Piece]:
        """Counts a delta and returns what it says."""
        if delta.token_ids and self.first_token_s is None:
            self.first_token_s = time.monotonic() - self.began
        self.completion_tokens += len(delta.token_ids)
        self.cached_tokens = delta.cached_tokens or self.cached_tokens
        ids, rows = delta.token_ids, delta.logprobs
        if delta.finish == "stop" and ids and ids[-1] in self.plan.sampling.stop_token_ids:
            ids, rows = ids[:-1], rows[:-1] if rows else rows
        return self.splitter.feed(*self.decoder.feed(ids, rows))

    def close(self, *, cut: bool) -> list[Piece]:
        """What was held back until the end."""
        last = self.splitter.feed(*self.decoder.flush())
        return [*last, *self.splitter.finish(cut=cut)]

    @property
    def usage(self) -> Usage:
        return Usage(
            prompt_tokens=len(self.plan.prompt_token_ids),
            completion_tokens=self.completion_tokens,
            reasoning_tokens=self.splitter.reasoning_tokens,
            cached_tokens=self.cached_tokens,
        )

    def cost(self, outcome: Outcome) -> Cost:
        """Nothing for a failure, nor where no token came and nothing was finished."""
        if outcome == "failed" or (outcome == "cancelled" and not self.completion_tokens):
            return FREE
        return Cost.of(self.usage, self.plan.prices)

    @property
    def timings(self) -> Timings:
        return Timings(first_token_s=self.first_token_s, total_s=time.monotonic() - self.began)

    def finished(self, engine_finish: str) -> Finished:
        reason: FinishReason = "length" if engine_finish == "length" else "stop"
        if reason == "stop" and self.splitter.calls:
            reason = "tool_calls"
        return Finished(reason, reason, self.usage, self.timings)


class ChatService:
    """Generates answers. One instance serves all requests.

    Args:
        engine: Where tokens come from.
        tokens: The model's vocabulary.
        recorder: Gets one record for each run, whatever ends it.
        log_content: Log what is generated (prompts and answers stay out of the log otherwise).
    """

    def __init__(
        self, engine: Engine, tokens: Tokens, recorder: Recorder, *, log_content: bool = False
    ) -> None:
        self._engine = engine
        self._log_content = log_content
        self._tokens = tokens
        self._recorder = recorder

    async def run(
        self, plan: GenerationPlan, *, generation_id: str, created_s: int, caller: Caller = NOBODY
    ) -> AsyncGenerator[list[ChatEvent], None]:
        """Yields what each step of the engine says, if anything: pieces, and Finished as the last event.

        Closing the generator stops the engine's work. An engine that runs ahead of a slow reader hands over
        several tokens at a time, and their text comes in one piece.

        Raises:
            EngineError: at any time; nothing follows it.
        """
        run = _Run(plan, self._splitter(plan), StreamDecoder(self._tokens))
        said: list[ChatEvent] = []
        keeps = caller.messages_json is not None
        outcome: Outcome = "cancelled"
        fault: RuntimeFault | None = None
        finished: Finished | None = None
        try:
            async with aclosing(self._events(run, generation_id)) as events:
                async for batch in events:
                    if isinstance(batch[-1], Finished):
                        finished, outcome = batch[-1], "finished"
                    if self._log_content:
                        for event in batch:
                            log.info("content", id=generation_id, said=repr(event))
                    if keeps:
                        said += batch
                    elif plan.tools is not None:
                        said += [event for event in batch if isinstance(event, ToolCallStart | ToolCallArgs)]
                    yield batch
        except RuntimeFault as known:
            outcome, fault = "failed", known
            raise
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException:
            outcome, fault = "failed", RuntimeFault("Internal Server Error")
            raise
        finally:
            transcript = Transcript.of(said)
            self._recorder.put(
                GenerationRecord(
                    id=generation_id,
                    created_s=created_s,
                    model=plan.model,
                    requested_model=plan.requested_model,
                    streamed=plan.stream,
                    outcome=outcome,
                    usage=run.usage,
                    timings=run.timings,
                    finish_reason=finished.reason if finished else None,
                    native_finish_reason=finished.native_reason if finished else None,
                    error_type=fault.error_type if fault else None,
                    error_status=fault.status if fault else None,
                    error_message=fault.message if fault else None,
                    service_tier=plan.service_tier,
                    cost=run.cost(outcome),
                    calls=count_calls(transcript.calls, plan.tools),
                    caller=caller,
                    content=transcript.content(caller.messages_json),
                )
            )

    def _splitter(self, plan: GenerationPlan) -> Splitter:
        return Splitter(
            thinking=plan.thinking,
            tools=plan.tools,
            new_id=new_call_id,
            stop=plan.stop,
            max_calls=plan.max_calls,
        )

    async def _events(self, run: _Run, generation_id: str) -> AsyncGenerator[list[ChatEvent], None]:
        request = EngineRequest(generation_id, run.plan.prompt_token_ids, run.plan.sampling)
        finish = None
        said: list[ChatEvent] = []
        async with aclosing(self._engine.generate(request)) as deltas:
            async for delta in deltas:
                said = [*run.take(delta)]
                finish = "stop" if run.splitter.stopped else delta.finish
                if finish:
                    break
                if said:
                    yield said
        if finish is None or finish in FAILED_FINISHES:
            if said:
                yield said
            raise GenerationFailed("The model stopped before the answer was complete.")
        yield [*said, *run.close(cut=finish == "length"), run.finished(finish)]
