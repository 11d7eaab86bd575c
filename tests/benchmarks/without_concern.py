"""The service as it is started, but for what the file is asked as a contact arrives.

python -m tests.benchmarks.without_concern serve …   what that question costs is what differs: who
bears a number that is told, what was told before, and who on file may be the children
"""

from typing import Any

from frontdoor.__main__ import main
from service.persistence.repositories import on_file


async def _nothing(*_: Any, **__: Any) -> on_file.Answered:
    return on_file.Answered()


if __name__ == "__main__":
    on_file.ask_file = _nothing
    main(prog_name="frontdoor")
