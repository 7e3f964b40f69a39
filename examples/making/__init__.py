"""The parts of the example generator: the reference client, the cast, the messages."""
