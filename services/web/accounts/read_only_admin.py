"""The base of the admin pages on which staff can only view rows."""

from collections import defaultdict
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from accounts import names
from accounts.models import User


class CountlessPaginator(Paginator):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """A paginator that counts at most MOST rows, because counting millions takes seconds."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # of the admin
        return rows.order_by()[: self.MOST].count()


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """The admin of a table that staff can only view: they must not write in the name of a user."""

    paginator = CountlessPaginator
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-pk",)
    # The shown relations. `list_select_related` would join them before the rows are sorted: if few members
    # have most of the rows, PostgreSQL expects so many rows for each that it reads a whole joined table.
    list_prefetch_related: tuple[str, ...] = ()
    list_select_related = ()  # Not False, with which Django joins every relation.

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related(*self.list_prefetch_related)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Like Django's, but the permission to change rows does not include this one."""
        codename = get_permission_codename("view", self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SearchableAdmin(ReadOnlyAdmin):
    """A list that is searched by ids, and by whole names of members in any spelling. Each word must match.

    Django's search would read the whole table: it compares ids as texts, and names in joined tables.
    """

    search_fields = ("pk",)  # Shows the search box.
    id_field = "pk"

    def of_members(self, ids: list[int]) -> Q:
        """Return the condition for the rows of these members."""
        return Q(pk__in=[])

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        keys = {word: names.key(word) for word in search_term.split()}
        members = defaultdict(list)
        for key, pk in User.objects.filter(name_key__in=keys.values()).values_list("name_key", "pk"):
            members[key].append(pk)
        for word, key in keys.items():
            of_id = Q(**{self.id_field: int(word)}) if word.isdecimal() else Q(pk__in=[])
            queryset = queryset.filter(self.of_members(members[key]) | of_id)
        return queryset, False
