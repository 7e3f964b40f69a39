"""The Python tier: every operation in readable Python, one module per domain.

It is the reference that the native tiers are tested against, and what runs where nothing native was
built. It takes its primitives from hashlib, `cryptography`, `pynacl` and `base58`, the last three
imported on first use. It is not a second definition: docs/semantics.md rules.
"""
