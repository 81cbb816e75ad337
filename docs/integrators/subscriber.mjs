// Keeps the public state of every request of a municipality, and prints what changes.
import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";

const { KAFKA_SERVERS, KAFKA_PROTOCOL, KAFKA_USER, KAFKA_PASSWORD, KAFKA_TOPIC, KAFKA_GROUP_PREFIX } = process.env;
const kafka = new Kafka({
  brokers: KAFKA_SERVERS.split(","),
  ssl: KAFKA_PROTOCOL === "SASL_SSL",
  sasl: { mechanism: "scram-sha-512", username: KAFKA_USER, password: KAFKA_PASSWORD },
  logLevel: logLevel.ERROR,
});
const state = new Map(); // keep it in a database, the numbers too, and the group's name may stay
const consumer = kafka.consumer({ groupId: `${KAFKA_GROUP_PREFIX}node-${randomUUID()}` });

await consumer.connect();
await consumer.subscribe({ topic: KAFKA_TOPIC, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const id = message.key.toString();
    const number = Number(message.headers.ce_sequence);
    if (number <= (state.get(id)?.number ?? 0)) return;
    const data = message.value && JSON.parse(message.value);
    state.set(id, { number, data });
    console.log(id, number, JSON.stringify(data));
  },
});
