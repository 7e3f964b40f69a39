"""Make the example messages, the account folder they need and the manifest of verdicts.

Run in a virtual environment with `requirements.txt` installed. The files beside this script are
replaced. Keys, nonces and ciphertexts are new each time; the kinds of messages and their order are
the same.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from making.accepted import AcceptedMessages
from making.cast import Cast
from making.corpus import Corpus
from making.reference import Reference
from making.refused import RefusedMessages

HERE = Path(__file__).resolve().parent
SHUFFLE_SEED = 20250701


async def make(target: Path) -> Counter[str]:
    """Write accounts/, messages.jsonl and manifest.jsonl below `target`; count the verdicts."""
    with tempfile.TemporaryDirectory() as private:
        cast = Cast(Reference(Path(private)))
        await cast.gather()
        corpus = Corpus()
        await AcceptedMessages(cast, corpus).make()
        await RefusedMessages(cast, corpus).make()
        accounts = target / "accounts"
        shutil.rmtree(accounts, ignore_errors=True)
        await cast.publish(accounts)
    corpus.write(target / "messages.jsonl", target / "manifest.jsonl", SHUFFLE_SEED)
    return Counter(example.verdict for example in corpus.examples)


if __name__ == "__main__":
    for verdict, count in asyncio.run(make(HERE)).most_common():
        print(f"{count:5} {verdict}")
