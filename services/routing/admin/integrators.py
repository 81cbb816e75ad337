"""The page about integrators: intake lets them in, and is asked by the browser itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.text import said

from .frame import View
from .people import Shown

SCOPES = {
    "submit": said("Hand in requests"),
    "updates": said("Read and write what happens to its own requests later"),
    "subscribe": said("Read every public change on Kafka"),
}
"""As intake calls them: the page asks its API by these names."""

STANDINGS = {
    "open": ("resolved", said("Account on Kafka: open")),
    "changing": ("overdue", said("Account on Kafka: not finished. New secrets finish it.")),
    "shut": ("rejected", said("Account on Kafka: shut. New secrets open it.")),
}
"""How an account stands, by intake's words: its sign and what it means."""

TEXTS: dict[str, str] = {
    "sure_rotate": said("Give {name} new secrets? The old ones end at once."),
    "sure_remove": said(
        "Shut {name} out? Its key and its account on Kafka end at once; what it has sent stays."
    ),
    "sure_unsubscribe": said(
        "Take the right to subscribe? {name}’s account on Kafka ends at once."
    ),
    "changed": said("{name} has its new rights."),
    "none": said("No other system has been let in yet."),
    "removed": said("{name} is shut out."),
    "failed": said("This did not work: {why}"),
    "named": said("A name is needed: small letters a–z, digits and dashes."),
    "scope": said("Choose at least one right."),
    "copied": said("Copied."),
    "added": said("let in on {day}"),
    "rotated": said("new secrets on {day}"),
    "rate": said("{count} calls a second"),
    "integrator-exists": said("There is a system of this name already. Choose another name."),
    "integrator-changing": said(
        "Somebody else is changing this system at the moment. Ask again in half a minute."
    ),
    "integrator-unknown": said("There is no such system any more."),
    "integrator-untold": said(
        "Nobody was told the secrets of this system. Give it new ones first."
    ),
    "account-not-changed": said(
        "Kafka does not answer, so there are no secrets yet. Ask again, also later: "
        "that finishes it."
    ),
    "account-not-removed": said(
        "{name} is shut out of Open311, but Kafka does not answer. "
        "Its account is shut as soon as Kafka does."
    ),
    "account-not-shut": said(
        "{name} may subscribe no more, but Kafka does not answer. "
        "Its account is shut as soon as Kafka does."
    ),
}
"""What the script says; those named as intake's refusals stand for these."""

PROPERTIES = """\
bootstrap.servers={servers}
security.protocol={protocol}
sasl.mechanism={mechanism}
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
username="{user}" password="{password}";
group.id={group_prefix}1
auto.offset.reset=earliest
isolation.level=read_committed
"""
"""`client.properties` of Kafka's own tools and of Java clients, filled in; a test runs it."""

COMMAND = (
    "kafka-console-consumer.sh --bootstrap-server {servers} --topic {topic} "
    "--command-config client.properties"
)


class Integrators(Shown):
    """Other systems with their keys and accounts, and the way to webhooks."""

    code = "integrators"

    async def more(self, view: View) -> Mapping[str, Any]:
        """What one may be let in for, and what the script says."""
        text = view.language.text
        return {
            "scopes": {code: text(words) for code, words in SCOPES.items()},
            "standings": STANDINGS,
            "integrator_texts": {code: text(words) for code, words in TEXTS.items()},
            "properties": PROPERTIES,
            "command": COMMAND,
            "most_calls": view.service.settings.rate_anonymous,
        }
