"""Search in SQL finds what the evaluator says, in its order, page by page: on both databases, in each of its ways."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.core.errors import InvalidParameter
from modelyard.core.search import (
    LOGGED_MODELS,
    RUNS,
    And,
    Compare,
    DatasetFilter,
    DatasetUse,
    Field,
    Kind,
    Measured,
    Not,
    Op,
    Or,
    OrderKey,
    Predicate,
    Record,
    matches,
    order_records,
    parse_filter,
    parse_order_by,
)
from modelyard.core.search.predicate import Aspect
from modelyard.db.database import Connection, Database
from modelyard.db.page import Effort, Search, page_of_ids
from modelyard.db.search_schema import Column, DatasetRows, KeyValues, SearchSchema
from modelyard.db.sqlite import SqliteDatabase
from modelyard.db.where import SQL_FUNCTIONS
from tests.support.databases import PostgresServer

TABLES = """
CREATE TABLE names (id {integer} PRIMARY KEY, name {text} NOT NULL UNIQUE)
;
CREATE TABLE things (
    id {integer} PRIMARY KEY, run_id {text} NOT NULL UNIQUE, experiment {integer} NOT NULL, run_name {text},
    status {text} NOT NULL, start_time {integer} NOT NULL, end_time {integer}, stage {text} NOT NULL
)
;
CREATE INDEX things_by_start ON things (experiment, stage, start_time DESC, run_id)
;
CREATE TABLE thing_params (
    run {integer} NOT NULL, key {integer} NOT NULL, experiment {integer} NOT NULL, value {text} NOT NULL,
    PRIMARY KEY (run, key)
)
;
CREATE INDEX thing_params_by_value ON thing_params (experiment, key, {indexed}, run)
;
CREATE TABLE thing_tags (
    run {integer} NOT NULL, key {integer} NOT NULL, experiment {integer} NOT NULL, value {text} NOT NULL,
    PRIMARY KEY (run, key)
)
;
CREATE TABLE thing_metrics (
    run {integer} NOT NULL, key {integer} NOT NULL, experiment {integer} NOT NULL, value {real}, min_value {real},
    max_value {real}, PRIMARY KEY (run, key)
)
;
CREATE INDEX thing_metrics_by_value ON thing_metrics (experiment, key, value, run)
;
CREATE TABLE thing_datasets (
    run {integer} NOT NULL, experiment {integer} NOT NULL, name {text} NOT NULL, digest {text} NOT NULL, context {text}
)
;
CREATE TABLE models (
    id {integer} PRIMARY KEY, model_id {text} NOT NULL, experiment {integer} NOT NULL, created {integer} NOT NULL
)
;
CREATE TABLE model_metrics (
    model {integer} NOT NULL, key {text} NOT NULL, experiment {integer} NOT NULL, value {real},
    timestamp {integer} NOT NULL, dataset {text} NOT NULL, digest {text} NOT NULL
)
"""

SCHEMA = SearchSchema(
    table=RUNS,
    source="things base",
    scope="base.experiment",
    attributes={
        "run_id": Column("base.run_id", unique=True),
        "run_name": Column("base.run_name", nullable=True),
        "status": Column("base.status"),
        "start_time": Column("base.start_time", sorted=True),
        "end_time": Column("base.end_time", nullable=True),
        "experiment_id": Column("CAST(base.experiment AS TEXT)", order_sql="base.experiment"),
    },
    key_values={
        Kind.METRIC: KeyValues("thing_metrics", "run", scope="experiment"),
        Kind.PARAM: KeyValues("thing_params", "run", scope="experiment", index="thing_params_by_value"),
        Kind.TAG: KeyValues("thing_tags", "run"),  # has no index, as the registry's
    },
    datasets=DatasetRows(
        "thing_datasets d",
        "d.run",
        columns={"name": "d.name", "digest": "d.digest", "context": "d.context"},
        scope="d.experiment",
    ),
    views={"ACTIVE_ONLY": "base.stage = 'active'", "DELETED_ONLY": "base.stage = 'deleted'"},
)

KEYS = ("a", "b", "a.b", "é x")
TEXTS = (
    "",
    "a",
    "A",
    "ab",
    "aB",
    "b",
    "a%b",
    "a_b",
    "*",
    "a[b",
    "é",
    "É",
    "a\nb",
    "\U0010ffff",
    "x" * 300,
    "x" * 300 + "y",
    "7",
)
NUMBERS = (-1.5, 0.0, 1.0, 2.0, 1e300, -1.7976931348623157e308, 1.7976931348623157e308)
PATTERNS = (
    "a",
    "^a",
    "b$",
    "^(a|é)",
    "[^a]",
    "a.b",
    "^$",
    "(?i)AB",
    "x{200}y?$",
    r"\d",
    r"^\w+$",
    "a{2}|B",
    r"\[",
    "[é-ſ]",
    r"\D\S",
)
LIKE_SIGNS = "aAbB%%__*[é\n\U0010ffffx?"

Model = tuple[int, str, Record]  # id, lifecycle stage, the record


# -- random records, filters and orders

texts = st.sampled_from(TEXTS)
numbers = st.sampled_from(NUMBERS)
TIMES = (0, 1, 2, 3, 2**53)
times = st.sampled_from(TIMES)
chance = random.Random(5)


def some(keys: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return {key: chance.choice(values) for key in chance.sample(keys, chance.randint(0, len(keys)))}


def random_model(number: int) -> Model:
    series = [
        (Measured(value, chance.choice((*NUMBERS, None)), chance.choice((*NUMBERS, None))),)
        for value in (*NUMBERS, math.nan, math.nan)
    ]
    record = Record(
        attributes={
            "run_id": f"{chance.randint(0, 999):03}{number}",
            "run_name": chance.choice((None, *TEXTS)),
            "status": chance.choice(("FINISHED", "FAILED")),
            "start_time": chance.choice(TIMES),
            "end_time": chance.choice((None, *TIMES)),
            "experiment_id": chance.choice(("2", "10")),
        },
        metrics=some(KEYS, series),
        params=some(KEYS, TEXTS),
        tags=some(KEYS, TEXTS),
        datasets=[
            DatasetUse(chance.choice(TEXTS), chance.choice(TEXTS), chance.choice((None, *TEXTS)))
            for _ in range(chance.randint(0, 2))
        ],
    )
    return number, chance.choice(("active", "active", "deleted")), record


EVERY_RECORD = [random_model(number) for number in range(1, 81)]


ATTRIBUTES = [
    Field(Kind.ATTRIBUTE, name) for name in ("run_id", "run_name", "status", "start_time", "end_time", "experiment_id")
]
METRICS = [Field(Kind.METRIC, key, aspect) for key in KEYS for aspect in Aspect]
ORDERABLE = [*ATTRIBUTES, *METRICS, *(Field(kind, key) for kind in (Kind.PARAM, Kind.TAG) for key in KEYS)]
DATASETS_OF_RUNS = [Field(Kind.DATASET, key) for key in ("name", "digest", "context")]
LIKES = (
    *TEXTS,
    "",
    "%",
    "_",
    "a%",
    "%b",
    "%[b",
    "a[%",
    "*%",
    "?%",
    "a_b",
    "_[_",
    "x%y",
    "\U0010ffff%",
    "\ud7ff%",
    "é%",
    "A%",
)


def values_for(field: Field, op: Op) -> Sequence[Any]:
    numeric = field.kind is Kind.METRIC or field.key in ("start_time", "end_time")
    scalars: Sequence[Any] = (
        (NUMBERS if field.kind is Kind.METRIC else (*TIMES, 0.5)) if numeric else (*TEXTS, "FAILED", "10")
    )
    match op:
        case Op.IS_NULL | Op.IS_NOT_NULL:
            return [None]
        case Op.IN | Op.NOT_IN:
            return [scalars[:1], scalars[1:4], scalars]
        case Op.BETWEEN:
            return [(scalars[0], scalars[2]), (scalars[2], scalars[0])]
        case Op.LIKE | Op.ILIKE:
            return LIKES
        case Op.MATCHES:
            return PATTERNS
    return scalars


EVERY_COMPARISON = [
    Compare(field, op, value)
    for field in (*ORDERABLE, *DATASETS_OF_RUNS)
    for op in RUNS.operators(field)
    for value in values_for(field, op)
]
comparisons = st.sampled_from(EVERY_COMPARISON)


def _joined(parts: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, parts)


predicates = st.recursive(comparisons, _joined, max_leaves=6)
orders = st.lists(
    st.builds(OrderKey, st.sampled_from(ORDERABLE), st.booleans()), max_size=3, unique_by=lambda key: key.field
)
scopes = st.sampled_from((None, (2,), (2, 10), (10, 2, 77), tuple(range(100))))
WAYS = {
    "drive": Effort(),
    "walk": Effort(few=0, some=0, long=1_000_000),
    "walk by sets": Effort(few=0, some=0, tried=1, long=0),
    "mixed": Effort(few=2, some=3, tried=4, long=3),
}
efforts = st.sampled_from(list(WAYS.values()))
views = st.sampled_from(("ACTIVE_ONLY", "DELETED_ONLY", "ALL"))


# -- the same in tables


def create_tables(connection: Connection) -> None:
    dialect = connection.dialect
    words = {"integer": dialect.integer, "text": dialect.text, "real": dialect.real}
    indexed = "left(value, 256)" if dialect.name == "postgres" else "value"
    for statement in TABLES.format(indexed=indexed, **words).split("\n;\n"):
        connection.run(statement)


def store(connection: Connection, found: Sequence[Model]) -> None:
    keys = {key: number for number, key in enumerate(KEYS)}
    connection.many("INSERT INTO names (id, name) VALUES (?, ?)", [(number, key) for key, number in keys.items()])
    for number, stage, record in found:
        values = record.attributes
        experiment = int(str(values["experiment_id"]))
        connection.run(
            "INSERT INTO things VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                values["run_id"],
                experiment,
                values["run_name"],
                values["status"],
                values["start_time"],
                values["end_time"],
                stage,
            ),
        )
        for table, pairs in (("thing_params", record.params), ("thing_tags", record.tags)):
            connection.many(
                f"INSERT INTO {table} VALUES (?, ?, ?, ?)",
                [(number, keys[key], experiment, value) for key, value in pairs.items()],
            )
        for key, (each,) in record.metrics.items():
            value = None if math.isnan(each.value) else each.value
            connection.run(
                "INSERT INTO thing_metrics VALUES (?, ?, ?, ?, ?, ?)",
                (number, keys[key], experiment, value, each.min, each.max),
            )
        connection.many(
            "INSERT INTO thing_datasets VALUES (?, ?, ?, ?, ?)",
            [(number, experiment, use.name, use.digest, use.context) for use in record.datasets],
        )


class Undo(Exception):
    """Leaves a write() without keeping anything."""


@contextmanager
def filled(database: Database, found: Sequence[Model]) -> Iterator[Connection]:
    """A transaction in which the records are stored, undone at its end."""
    with suppress(Undo), database.write() as connection:
        store(connection, found)
        yield connection
        raise Undo


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Database]:
    database = SqliteDatabase(functions=SQL_FUNCTIONS)
    with database.write() as connection:
        create_tables(connection)
    yield database
    database.close()


@pytest.fixture(scope="module")
def postgres(postgres_server: PostgresServer) -> Iterator[Database]:
    from modelyard.db.postgres import PostgresDatabase

    url = postgres_server.new_url()
    database = PostgresDatabase(url, accept_data_loss=True)
    with database.write() as connection:
        create_tables(connection)
    yield database
    database.close()
    postgres_server.drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue(request.param)
    return found


def all_pages(connection: Connection, search: Search) -> list[int]:
    """The ids of all pages, one after the other."""
    ids: list[int] = []
    while True:
        page = page_of_ids(connection, search)
        assert len(page.ids) == search.limit or (not page.next_token and len(page.ids) < search.limit)
        ids += page.ids
        if not page.next_token:
            return ids
        search = msgspec.structs.replace(search, token=page.next_token)


def expected(found: Sequence[Model], search: Search) -> list[int]:
    stages = {"ACTIVE_ONLY": ("active",), "DELETED_ONLY": ("deleted",), "ALL": ("active", "deleted")}[search.view]
    numbers_of = {id(record): number for number, _, record in found}
    kept = [
        record
        for _, stage, record in found
        if stage in stages
        and (search.scope is None or int(str(record.attributes["experiment_id"])) in search.scope)
        and matches(search.predicate, record)
    ]
    return [numbers_of[id(record)] for record in order_records(kept, search.order, RUNS)]


searches = st.builds(
    Search,
    schema=st.just(SCHEMA),
    limit=st.sampled_from((4, 30)),
    predicate=predicates,
    order=orders.map(tuple),
    scope=scopes,
    view=views,
    effort=efforts,
)
generated = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@pytest.fixture
def everything(database: Database) -> Iterator[Connection]:
    """A connection to a database that holds all the records."""
    with filled(database, EVERY_RECORD) as connection:
        yield connection


@pytest.mark.parametrize("way", WAYS)
def test_every_comparison_finds_what_the_evaluator_says(everything: Connection, way: str) -> None:
    # Over the wire each way gets its share of the comparisons, so that all together get all.
    share = slice(list(WAYS).index(way), None, len(WAYS)) if everything.dialect.name == "postgres" else slice(None)
    asked = EVERY_COMPARISON[share]
    empty = 0
    for number, predicate in enumerate(asked):
        # By the field itself where that can be ordered by, so that its own index is walked.
        order = (OrderKey(predicate.field, ascending=number % 2 == 0),) if predicate.field in ORDERABLE else ()
        search = Search(schema=SCHEMA, limit=100, predicate=predicate, order=order, scope=(2, 10), effort=WAYS[way])
        ids = page_of_ids(everything, search).ids
        assert ids == expected(EVERY_RECORD, search), predicate
        empty += not ids
    assert empty < len(asked) / 3


@settings(generated, max_examples=300)
@given(search=searches)
def test_pages_are_what_the_evaluator_says(everything: Connection, search: Search) -> None:
    assert all_pages(everything, search) == expected(EVERY_RECORD, search)


@settings(generated, max_examples=100)
@given(search=searches)
def test_what_is_not_found_is_found_by_the_opposite(everything: Connection, search: Search) -> None:
    assert search.predicate is not None
    every = msgspec.structs.replace(search, limit=100, predicate=None)
    found, others = (
        page_of_ids(everything, msgspec.structs.replace(every, predicate=predicate)).ids
        for predicate in (search.predicate, Not(search.predicate))
    )
    assert sorted(found + others) == sorted(page_of_ids(everything, every).ids)


# -- single cases


def searching(
    text: str = "", *order: str, scope: tuple[int, ...] | None = (2, 10), limit: int = 2, token: str = ""
) -> Search:
    return Search(
        schema=SCHEMA,
        limit=limit,
        predicate=parse_filter(text, RUNS),
        order=parse_order_by(order, RUNS),
        scope=scope,
        token=token,
    )


def thing(
    number: int, *, experiment: int = 2, name: str | None = None, loss: float | None = None, **params: str
) -> Model:
    record = Record(
        attributes={
            "run_id": f"r{number}",
            "run_name": name,
            "status": "FINISHED",
            "start_time": number,
            "end_time": None,
            "experiment_id": str(experiment),
        },
        metrics={} if loss is None else {"a": (Measured(loss, loss, loss),)},
        params=params,
    )
    return number, "active", record


THINGS = [thing(number, loss=number / 10, a="xy"[number % 2]) for number in range(1, 8)]


def test_a_page_ends_with_a_token_only_when_there_is_more(database: Database) -> None:
    with filled(database, THINGS) as connection:
        first = page_of_ids(connection, searching("params.a = 'y'", "metrics.a DESC", limit=3))
        assert first.ids == [7, 5, 3]
        last = page_of_ids(connection, searching("params.a = 'y'", "metrics.a DESC", limit=3, token=first.next_token))
        assert last == ([1], "")
        assert page_of_ids(connection, searching("params.a = 'y'", limit=4)) == ([7, 5, 3, 1], "")


def test_a_token_goes_on_from_its_place_whatever_came_meanwhile(database: Database) -> None:
    with filled(database, THINGS[:4]) as connection:
        first = page_of_ids(connection, searching("", "metrics.a DESC"))
        assert first.ids == [4, 3]
        connection.run("DELETE FROM things WHERE id = 3")
        connection.run("UPDATE thing_metrics SET value = 9 WHERE run = 1")
        second = page_of_ids(connection, searching("", "metrics.a DESC", token=first.next_token))
        assert second == ([2], "")


def test_a_page_may_have_another_size_than_the_one_before(database: Database) -> None:
    with filled(database, THINGS) as connection:
        token = page_of_ids(connection, searching(limit=1)).next_token
        assert page_of_ids(connection, searching(limit=6, token=token)) == ([6, 5, 4, 3, 2, 1], "")


@pytest.mark.parametrize(
    "other",
    [
        searching("params.a = 'x'"),
        searching("", "start_time"),
        searching(scope=(2,)),
        searching(scope=None),
        msgspec.structs.replace(searching(), view="ALL" * 2),
    ],
)
def test_a_token_of_another_search_is_refused(database: Database, other: Search) -> None:
    with filled(database, THINGS) as connection:
        token = page_of_ids(connection, searching()).next_token
        with pytest.raises(InvalidParameter, match=r"^Invalid page token, it belongs to another search"):
            page_of_ids(connection, msgspec.structs.replace(other, token=token))


def test_the_order_and_number_of_ids_do_not_change_a_search(database: Database) -> None:
    with filled(database, THINGS) as connection:
        token = page_of_ids(connection, searching(scope=(2, 10))).next_token
        assert page_of_ids(connection, searching(scope=(10, 2, 2), token=token)).ids == [5, 4]


def test_no_ids_at_all_find_nothing(database: Database) -> None:
    with filled(database, THINGS) as connection:
        assert page_of_ids(connection, searching(scope=())) == ([], "")
        assert page_of_ids(connection, searching(scope=tuple(range(100, 50_100)))) == ([], "")


HOSTILE = ("'; DROP TABLE things; --", "{}", "{0}", "?", "$1", "%s", "\\", "a' OR '1'='1", '"', "`", "/* */")


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_client_writes_is_a_value(database: Database, text: str) -> None:
    with filled(database, [thing(1, name=text), thing(2, name="other")]) as connection:
        quoted = text.replace("'", "''")
        key = text.replace("`", "``")
        for condition in (f"run_name = '{quoted}'", f"run_name IN ('{quoted}')", f"run_name LIKE '%{quoted}'"):
            assert page_of_ids(connection, searching(condition, f"params.`{key}`", f"metrics.`{key}` DESC")).ids[0] == 1
        assert page_of_ids(connection, searching(f"tags.`{key}` = '{quoted}' OR params.`{key}` IS NOT NULL")).ids == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("run_name LIKE 'A%'", [2]),
        ("run_name ILIKE 'A%'", [1, 2]),
        ("run_name LIKE 'é%'", [3]),
        ("run_name ILIKE 'É%'", [4]),
        ("run_name LIKE '%\\%'", [5]),
        ("run_name LIKE '[a]'", [6]),
        ("run_name LIKE '*'", [7]),
        ("run_name =~ '^[ab]'", [1]),
        ("run_name =~ '(?i)^[ab]'", [1, 2]),
        ("run_name =~ 'b$'", [1]),
        ("run_name =~ 'a.b'", [8]),
    ],
)
def test_patterns_mean_the_same_on_both_databases(database: Database, text: str, found: list[int]) -> None:
    names = ("ab", "AB", "éa", "ÉA", "\\", "[a]", "*", "xa\nb\n")
    with filled(database, [thing(number, name=name) for number, name in enumerate(names, start=1)]) as connection:
        assert sorted(page_of_ids(connection, searching(text, limit=9)).ids) == found


def test_long_filters_are_answered(database: Database) -> None:
    filters = (
        " AND ".join(f"metrics.a > {number / 100}" for number in range(64)),
        " OR ".join(f"params.a = 'v{number}'" for number in range(63)) + " OR metrics.a = 0.7",
        "NOT (status = 'x' OR " * 8 + "metrics.a > 0.65" + ")" * 8,
        "metrics.a IN (" + ", ".join(map(str, range(120))) + ", 0.7)",
    )
    with filled(database, THINGS) as connection:
        for text in filters:
            for effort in WAYS.values():
                assert page_of_ids(connection, msgspec.structs.replace(searching(text), effort=effort)).ids == [7]


def test_16_keys_order(database: Database) -> None:
    keys = [f"metrics.k{number}" for number in range(14)] + ["params.a DESC", "metrics.a"]
    with filled(database, THINGS) as connection:
        search = searching("", *keys)
        assert all_pages(connection, search) == [1, 3, 5, 7, 2, 4, 6]


# -- several rows a metric, and tables that are not narrowed: logged models and the registry

MODELS = SearchSchema(
    table=LOGGED_MODELS,
    source="models base",
    scope="base.experiment",
    attributes={"model_id": Column("base.model_id"), "creation_timestamp": Column("base.created", sorted=True)},
    key_values={
        Kind.METRIC: KeyValues(
            "model_metrics",
            "model",
            scope="experiment",
            interned=False,
            newest="{t}.timestamp DESC",
            dataset_name="dataset",
            dataset_digest="digest",
        )
    },
)


def random_logged_model(number: int) -> Record:
    def measured() -> Measured:
        value = chance.choice((*NUMBERS, math.nan))
        return Measured(value, dataset_name=chance.choice(("", "d", "e")), dataset_digest=chance.choice(("", "1")))

    return Record(
        attributes={"model_id": f"m{number}", "creation_timestamp": chance.choice(TIMES)},
        metrics={
            key: [measured() for _ in range(chance.randint(1, 4))] for key in chance.sample("ab", chance.randint(0, 2))
        },
    )


EVERY_MODEL = [random_logged_model(number) for number in range(40)]
model_metrics = st.sampled_from([Field(Kind.METRIC, key) for key in "ab"])
model_predicates = st.none() | st.recursive(
    st.builds(Compare, model_metrics, st.sampled_from((Op.GT, Op.LE, Op.EQ, Op.NE)), numbers)
    | st.builds(Compare, model_metrics, st.just(Op.IN), st.tuples(numbers, numbers))
    | st.builds(Compare, st.just(Field(Kind.ATTRIBUTE, "model_id")), st.just(Op.EQ), st.sampled_from(("m1", "m2"))),
    _joined,
    max_leaves=3,
)
model_orders = st.lists(
    st.builds(OrderKey, model_metrics, st.booleans(), st.none() | st.just("d"), st.none())
    | st.builds(OrderKey, model_metrics, st.booleans(), st.just("d"), st.just("1"))
    | st.builds(OrderKey, st.just(Field(Kind.ATTRIBUTE, "creation_timestamp")), st.booleans()),
    max_size=2,
    unique_by=lambda key: (key.field, key.dataset_name, key.dataset_digest),
)
dataset_filters = st.lists(st.builds(DatasetFilter, st.sampled_from(("d", "e")), st.none() | st.just("1")), max_size=2)
model_searches = st.builds(
    Search,
    schema=st.just(MODELS),
    limit=st.sampled_from((4, 50)),
    predicate=model_predicates,
    order=model_orders.map(tuple),
    scope=st.sampled_from((None, (1,), (1, 5))),
    datasets=dataset_filters.map(tuple),
    effort=efforts,
)


@pytest.fixture
def logged_models(database: Database) -> Iterator[Connection]:
    """A connection to a database that holds all the models; their newest values are the first."""
    with suppress(Undo), database.write() as connection:
        for number, record in enumerate(EVERY_MODEL):
            values = record.attributes
            connection.run(
                "INSERT INTO models VALUES (?, ?, 1, ?)", (number, values["model_id"], values["creation_timestamp"])
            )
            connection.many(
                "INSERT INTO model_metrics VALUES (?, ?, 1, ?, ?, ?, ?)",
                [
                    (
                        number,
                        key,
                        None if math.isnan(each.value) else each.value,
                        -age,
                        each.dataset_name,
                        each.dataset_digest,
                    )
                    for key, measured in record.metrics.items()
                    for age, each in enumerate(measured)
                ],
            )
        yield connection
        raise Undo


@settings(generated, max_examples=300)
@given(search=model_searches)
def test_logged_models_are_found_by_any_of_their_values(logged_models: Connection, search: Search) -> None:
    wanted = [each for each in EVERY_MODEL if matches(search.predicate, each, datasets=search.datasets)]
    found = [EVERY_MODEL[number] for number in all_pages(logged_models, search)]
    assert found == order_records(wanted, search.order, LOGGED_MODELS)
