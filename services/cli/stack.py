"""`sokak up`, `down`, `topics`, `logs`: the servers that everything runs on."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from aiokafka import TopicPartition

from libs.events import EVENTS, TenantPublished, public_topic
from libs.runtime.kafka import KafkaError, reader
from libs.runtime.record import Record, read
from libs.runtime.topics import make_topics as make_lacking
from libs.stack import Stack, StackError, find_or_start, log_command, remove, running, stop
from libs.stack.private import make_topics


def up() -> None:
    """Find or start Kafka and MongoDB and make the topics."""
    with _told():
        began = time.monotonic()
        stack = find_or_start(say=_say)
        created = make_topics(stack.kafka)
        _say(f"{stack}, after {time.monotonic() - began:.0f} s")
        _say(f"topics: {', '.join(created) + ' made' if created else 'all there'}")
        _show(stack)


def down(
    data: Annotated[bool, typer.Option("--data", help="Delete their data as well.")] = False,
) -> None:
    """Stop what `up` started, and nothing else."""
    with _told():
        stopped = stop(say=_say)
        if data:
            remove(say=_say)
            _say("data deleted")
        elif not stopped:
            _say("nothing to stop")


def topics() -> None:
    """Make the topics that lack, check the others; those of the tenants too."""
    with _told():
        stack = _running()
        created = make_topics(stack.kafka) + asyncio.run(make_public_topics(stack.kafka))
        _say(f"made: {', '.join(created)}" if created else "all there")


def logs(
    server: Annotated[str, typer.Argument(help="kafka or mongo")] = "kafka",
) -> None:
    """Follow the log of a server that `up` started."""
    with _told():
        command = log_command(server)
        os.execvp(command[0], command)


async def make_public_topics(kafka: str) -> list[str]:
    """Make the topics of all tenants that were ever published, whether reporting runs or not."""
    consumer, place = reader(kafka), TopicPartition("tenants", 0)
    slugs: set[str] = set()
    try:
        await consumer.start()
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                known = (read(Record.of_kafka(record), EVENTS).event for record in records)
                slugs |= {event.slug for event in known if isinstance(event, TenantPublished)}
        return await make_lacking(kafka, [public_topic(slug) for slug in sorted(slugs)])
    except (KafkaError, OSError) as error:
        raise StackError(f"topics of tenants: {type(error).__name__}") from error
    finally:
        await consumer.stop()


def _running() -> Stack:
    stack = running()
    if stack is None:
        raise StackError("Kafka and MongoDB do not run; `sokak up` starts them")
    return stack


def _show(stack: Stack) -> None:
    _say(f"  SOKAK_KAFKA={stack.kafka}")
    _say(f"  SOKAK_MONGO={stack.mongo}")
    if stack.kafka_found.outer:
        _say(f"  Kafka for integrators (SASL/SCRAM, ACLs): {stack.kafka_found.outer}")


def _say(line: str) -> None:
    typer.echo(line)


@contextmanager
def _told() -> Iterator[None]:
    """A failure of the stack is a message and exit code 1, not a traceback."""
    try:
        yield
    except StackError as failure:
        typer.echo(f"sokak: {failure}", err=True)
        raise typer.Exit(1) from None
