"""The table of prepared queries: keeping, finding by id, name or template, and running them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.families.catalog.tables import CatalogTables, fold
from lictor_actors.store.families.queries.rules import query_fault
from lictor_actors.store.families.queries.templates import rendered
from lictor_actors.store.indexes import Indexes
from lictor_actors.store.ordered import Ordered
from lictor_actors.store.rows import stamped
from lictor_messages.answers import Written
from lictor_messages.catalog import CheckRecord, Instance, NodeRecord, ServiceRecord
from lictor_messages.queries import (
    CreatePreparedQuery,
    DeletePreparedQuery,
    ExecutePreparedQuery,
    ExplainPreparedQuery,
    GetPreparedQuery,
    ListPreparedQueries,
    PreparedQueries,
    PreparedQuery,
    QueryExecuted,
    RunPreparedQuery,
    ServiceQuery,
    UpdatePreparedQuery,
)
from lictor_messages.refusals import Refused

QUERIES = "prepared-queries"
UUID_LENGTH = 36
NAME_MOST = 1024
"""Characters of a name: templates are sought by each of its beginnings, and fill it into their places."""
NAME_TOO_LONG = f"the name of a prepared query has {NAME_MOST} characters at most"
BY_NAME_ONLY = "prepared query templates can only be resolved up by name, not by ID"


class PreparedTable:
    """Queries by id, plain ones by name, templates by the prefix that they answer to, all by session."""

    __slots__ = ("by_name", "by_session", "catalog", "indexes", "rows", "session_fault", "templates")

    def __init__(self, indexes: Indexes, catalog: CatalogTables, session_fault: Callable[[str], str]) -> None:
        self.indexes = indexes
        self.catalog = catalog
        self.session_fault = session_fault
        """Why no query can be tied to a session, "" if it can."""
        self.rows: Ordered[str, PreparedQuery] = Ordered()
        self.by_name: dict[str, str] = {}
        """Folded name, of plain queries and of templates → id."""
        self.templates: dict[str, str] = {}
        """Folded prefix → id."""
        self.by_session: dict[str, dict[str, None]] = {}

    # writes

    def create(self, command: CreatePreparedQuery, index: int) -> Written | Refused:
        """Keep a new query; its name is nobody else's."""
        query = command.query
        if len(query.id) != UUID_LENGTH or query.id in self.rows:
            return Refused(code="Invalid", text="ID must be empty when creating a new prepared query")
        return self._put(query, index)

    def update(self, command: UpdatePreparedQuery, index: int) -> Written | Refused:
        """Replace a query."""
        if command.query.id not in self.rows:
            return _unknown(command.query.id)
        return self._put(command.query, index)

    def delete(self, command: DeletePreparedQuery, index: int) -> Written | Refused:
        """Forget a query."""
        if command.id not in self.rows:
            return _unknown(command.id)
        self._remove(command.id, index)
        return Written(index=index)

    def session_ended(self, session: str, index: int) -> None:
        """The queries that were tied to it go with it."""
        for query_id in sorted(self.by_session.get(session, ())):
            self._remove(query_id, index)

    def load(self, query: PreparedQuery) -> None:
        """Take a row as it is."""
        self.rows[query.id] = query
        if query.name:
            self.by_name[fold(query.name)] = query.id
        if query.template.type:
            self.templates[fold(query.name)] = query.id
        if query.session:
            self.by_session.setdefault(query.session, {})[query.id] = None

    def _put(self, query: PreparedQuery, index: int) -> Written | Refused:
        why = self._fault(query)
        if why:
            return Refused(code="Invalid", text=why)
        old = self.rows.get(query.id)
        row = stamped(query, old, index)
        if row is not None:
            if old is not None:
                self._unlist(old)
            self.load(row)
            self._touch(row, index)
        return Written(index=index)

    def _remove(self, query_id: str, index: int) -> None:
        query = self.rows.pop(query_id)
        self._unlist(query)
        self._touch(query, index)

    def _unlist(self, query: PreparedQuery) -> None:
        if query.name:
            del self.by_name[fold(query.name)]
        if query.template.type:
            del self.templates[fold(query.name)]
        if query.session:
            ids = self.by_session[query.session]
            del ids[query.id]
            if not ids:
                del self.by_session[query.session]

    def _touch(self, query: PreparedQuery, index: int) -> None:
        self.indexes.bump(QUERIES, index)
        self.indexes.touch("query", query.id)

    def _fault(self, query: PreparedQuery) -> str:
        why = query_fault(query)
        if why:
            return f"Invalid prepared query: {why}"
        return self._clash(query) or (self.session_fault(query.session) if query.session else "")

    def _clash(self, query: PreparedQuery) -> str:
        holder = self.by_name.get(fold(query.name)) if query.name else self.templates.get("")
        if query.name and holder not in (None, query.id):
            return f"name '{query.name}' aliases an existing query name"
        if not query.name and query.template.type and holder not in (None, query.id):
            return "a query template with an empty name already exists"
        if fold(query.name) in self.rows:
            return f"name '{query.name}' aliases an existing query ID"
        return ""

    # reads

    def get(self, query: GetPreparedQuery) -> PreparedQueries:
        """One query, at its own ModifyIndex."""
        row = self.rows.get(query.id)
        if row is None:
            return PreparedQueries(index=self.table_index(), queries=())
        return PreparedQueries(index=row.modify_index, queries=(row,))

    def version(self, query: GetPreparedQuery) -> int:
        """The index that ``get`` reports."""
        row = self.rows.get(query.id)
        return self.table_index() if row is None else row.modify_index

    def all(self, _: ListPreparedQueries) -> PreparedQueries:
        """Every query."""
        return PreparedQueries(index=self.table_index(), queries=tuple(self.rows.values()))

    def explain(self, query: ExplainPreparedQuery) -> PreparedQueries:
        """The query that would run, its template filled in."""
        found = self.resolve(query.name_or_id)
        return PreparedQueries(index=self.table_index(), queries=() if found is None else (found,))

    def execute(self, query: ExecutePreparedQuery) -> QueryExecuted:
        """The instances that the query finds, in the order of the catalog, all of them."""
        found = self.resolve(query.name_or_id)
        if found is None:
            return QueryExecuted(index=self.table_index(), found=False)
        return self._run(found, self._near(query, found.service), in_mesh=query.connect)

    def run(self, query: RunPreparedQuery) -> QueryExecuted:
        """The same for a query that is kept in another datacenter. Distances from where it was asked are not known."""
        return self._run(query.query, "", in_mesh=query.connect)

    def _run(self, query: PreparedQuery, near: str, *, in_mesh: bool) -> QueryExecuted:
        service = query.service
        # Registrations that take part in a mesh are refused, so there is no instance of one.
        instances = () if in_mesh or service.connect else tuple(self._instances(service))
        return QueryExecuted(
            index=max(1, self.indexes.service(fold(service.service), "nodes", "services", "checks")),
            service=service.service,
            instances=instances,
            dns_ttl=query.dns_ttl,
            near=near,
        )

    def resolve(self, name_or_id: str) -> PreparedQuery | None:
        """By id, else by name, else the template with the longest prefix that fits. Raises QueryRefused."""
        if len(name_or_id) > NAME_MOST:
            raise QueryRefused(Refused(code="Invalid", text=NAME_TOO_LONG))
        row = self.rows.get(fold(name_or_id))
        if row is not None:
            if row.template.type:
                raise QueryRefused(Refused(code="Invalid", text=BY_NAME_ONLY))
            return row
        name = fold(name_or_id)
        exact = self.by_name.get(name)
        if exact is not None:
            return rendered(self.rows[exact], name_or_id)
        for length in range(len(name), -1, -1):
            template = self.templates.get(name[:length])
            if template is not None:
                return rendered(self.rows[template], name_or_id)
        return None

    def table_index(self) -> int:
        """The index of the last write to any query."""
        return max(1, self.indexes.table(QUERIES))

    def list_version(self, _: object) -> int:
        """See ``table_index``."""
        return self.table_index()

    def __iter__(self) -> Iterator[PreparedQuery]:
        return iter(self.rows.values())

    def _near(self, asked: ExecutePreparedQuery, query: ServiceQuery) -> str:
        near = asked.near or query.near
        if near == "_agent":
            return asked.agent
        if near == "_ip":
            return next((node.node for node in self.catalog.nodes.values() if node.address == asked.source_ip), "")
        return near

    def _instances(self, query: ServiceQuery) -> Iterator[Instance]:
        catalog = self.catalog
        ignored = frozenset(fold(check_id) for check_id in query.ignore_check_ids)
        for service in catalog.instances_of(query.service):
            node = catalog.nodes[fold(service.node)]
            checks = catalog.checks_of(fold(service.node), fold(service.id))
            if _fits(query, node, service) and _healthy(checks, query.only_passing, ignored):
                yield Instance(node=node, service=service, checks=checks)


def _fits(query: ServiceQuery, node: NodeRecord, service: ServiceRecord) -> bool:
    has = frozenset(tag.lower() for tag in service.tags)
    for tag in query.tags:
        wanted = tag.lower()
        if wanted.startswith("!"):
            if wanted[1:] in has:
                return False
        elif wanted not in has:
            return False
    return _has_meta(node.meta, query.node_meta) and _has_meta(service.meta, query.service_meta)


def _has_meta(meta: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(meta.get(key) == value for key, value in wanted.items())


def _healthy(checks: tuple[CheckRecord, ...], only_passing: bool, ignored: frozenset[str]) -> bool:
    """Critical never is; a warning is unless only passing will do."""
    return all(
        check.status == "passing" or (check.status == "warning" and not only_passing)
        for check in checks
        if fold(check.check_id) not in ignored
    )


def _unknown(query_id: str) -> Refused:
    return Refused(code="Invalid", text=f"Cannot modify non-existent prepared query: '{query_id}'")
