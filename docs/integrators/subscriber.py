"""Keeps the public state of every request of a municipality, and prints what changes."""

import asyncio
import json
import os
import ssl

from aiokafka import AIOKafkaConsumer

TOLD = {name[6:].lower(): text for name, text in os.environ.items() if name[:6] == "KAFKA_"}
ACCESS = {
    "bootstrap_servers": TOLD["servers"],
    "security_protocol": TOLD["protocol"],
    "ssl_context": ssl.create_default_context() if TOLD["protocol"] == "SASL_SSL" else None,
    "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_plain_username": TOLD["user"],
    "sasl_plain_password": TOLD["password"],
}


async def keep(state):  # better in a database, the numbers too
    start = {"auto_offset_reset": "earliest", "isolation_level": "read_committed"}
    async with AIOKafkaConsumer(TOLD["topic"], **start, **ACCESS) as records:
        async for record in records:
            id, number = record.key.decode(), int(dict(record.headers)["ce_sequence"])
            if number > state.get(id, (0, None))[0]:
                state[id] = number, record.value and json.loads(record.value)
                print(id, number, json.dumps(state[id][1]), flush=True)


asyncio.run(keep({}))
