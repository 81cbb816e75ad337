"""A contract for import-linter: whatever is not a known shell of a service is a rule, and pure.

A new file of a service is held to it without anyone naming it.
"""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PureRules(Contract):
    """Modules of the `services` outside `shell` reach none of `shell` and none of `forbidden`."""

    type_name = "pure_rules"

    services = fields.ListField(subfield=fields.StringField())
    shell = fields.SetField(subfield=fields.StringField())
    forbidden = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find the shortest chain from every rule to everything that it must not reach."""
        chains = []
        for service in self.services:  # type: ignore[attr-defined]
            children = graph.find_children(service)
            shell = {child for child in children if child.rpartition(".")[2] in self.shell}  # type: ignore[operator]
            reached = (shell | set(self.forbidden)) & graph.modules  # type: ignore[call-overload]
            for rule in sorted(children - shell):
                for other in sorted(reached):
                    chain = graph.find_shortest_chain(rule, other, as_packages=True)
                    if chain:
                        chains.append(chain)
        return ContractCheck(kept=not chains, metadata={"chains": chains})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each chain of imports, and what to do."""
        for chain in check.metadata["chains"]:
            output.print_error(" -> ".join(chain))
        output.print("Rules take and return values. If the first module is no rule, name it in")
        output.print("`shell` of the contract pure-rules in pyproject.toml.")
