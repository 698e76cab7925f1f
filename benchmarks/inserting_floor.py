"""The floor of whoever keeps an account: a row put durably into SQLite, then a ready-made request on an open connection.

    python -m benchmarks.inserting_floor PORT CA_FILE DATABASE

In a process of its own, so that it can have a slow card. At a line on its standard input it opens a connection and says `open`; at the next
one it sells, and says the moment at which it began to.
"""

from __future__ import annotations

import ssl
import sys
import time
from contextlib import closing
from pathlib import Path

from benchmarks.ready_made import insert, open_line, open_table, ready_made


def main(port: str, ca_file: str, path: str) -> None:
    context = ssl.create_default_context(cafile=ca_file)
    with closing(open_table(Path(path))) as table:
        while sys.stdin.readline():
            request = ready_made()
            with closing(open_line(int(port), context)) as connection:
                print("open", flush=True)
                sys.stdin.readline()
                begun = time.monotonic()
                insert(table)
                connection.sendall(request)
                print(begun, flush=True)
                connection.recv(4096)


if __name__ == "__main__":
    main(*sys.argv[1:])
