from collections.abc import Sequence

MAX_SHARDS: int

def route(identifiers: Sequence[str], shards: int) -> tuple[bytes, bytes, bytes, bytes]: ...
