"""How people and programs reach a service over HTTP: who they are, and what goes wrong."""
