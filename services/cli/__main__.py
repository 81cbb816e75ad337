"""`python -m services.cli` is `sokak`."""

from __future__ import annotations

from . import main

main()
