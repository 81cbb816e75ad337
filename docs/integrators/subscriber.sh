#!/usr/bin/env bash
# Keeps the number of every request of a municipality, and prints what changes, with the console
# consumer that comes with Kafka (4.2 or later). The state itself is what was printed last.
set -euo pipefail
declare -A numbers

kafka-console-consumer.sh \
  --bootstrap-server "$KAFKA_SERVERS" --topic "$KAFKA_TOPIC" \
  --command-config "$(dirname "$0")/client.properties" \
  --group "${KAFKA_GROUP_PREFIX}console-$$-$RANDOM" --from-beginning \
  --isolation-level read_committed \
  --formatter-property print.headers=true --formatter-property print.key=true |
while IFS=$'\t' read -r headers id data; do
  [[ $headers =~ ce_sequence:([0-9]+) ]] || continue
  number=${BASH_REMATCH[1]}
  ((number > ${numbers[$id]:-0})) || continue
  numbers[$id]=$number
  echo "$id $number $data"
done
