"""What engines of one kind remember together is right for each of them."""

import json
from pathlib import Path

import sqlalchemy as sa

from tests.support.statements import Compiled

TABLE = sa.Table("box", sa.MetaData(), sa.Column("held", sa.JSON))


def _loudly(value: object) -> str:
    return json.dumps(value).upper()


def test_a_statement_is_compiled_once_for_all_engines_of_a_kind(tmp_path: Path) -> None:
    together = Compiled()
    for name, serializer in (("a", None), ("b", None), ("c", _loudly), ("d", _loudly)):
        engine = sa.create_engine(f"sqlite:///{tmp_path}/{name}", json_serializer=serializer)
        with engine.connect() as given, given.execution_options(compiled_cache=together) as one:
            TABLE.create(one)
            one.execute(TABLE.insert(), {"held": "brick"})
            found = one.exec_driver_sql("SELECT held FROM box").scalar_one()
            assert found == ('"brick"' if serializer is None else '"BRICK"')
        engine.dispose()
    assert len(together) == 2, "one for all that write JSON alike"
