"""A small OpenID provider for development, with demo people to sign in as.

It gives every right to whoever asks, so it refuses to run in production.
"""
