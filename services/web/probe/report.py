"""The result of a run of the privacy probe."""

from dataclasses import dataclass, field

from django.conf import settings

OK, VIOLATED, INCONCLUSIVE = 0, 1, 2


@dataclass
class Report:
    """The findings of a run. It names synthetic users only, and quotes nothing from a page."""

    violations: list[str] = field(default_factory=list)  # A page is stale or shows data of another user.
    inconclusive: list[str] = field(default_factory=list)  # Something could not be checked.
    pages: int = 0
    answers: int = 0
    seconds: float = 0.0

    @property
    def outcome(self) -> int:
        return VIOLATED if self.violations else INCONCLUSIVE if self.inconclusive else OK

    def lines(self) -> list[str]:
        how = f"{self.pages} pages, {self.answers} answers, {self.seconds:.1f} s"
        if self.outcome == OK:
            cached = "" if settings.CACHE_PAGES else ", page caching is off (CACHE_PAGES)"
            return [f"Every page belonged to its member, and none was stale ({how}{cached})."]
        return [
            *(f"VIOLATION {text}" for text in self.violations),
            *(f"INCONCLUSIVE {text}" for text in self.inconclusive),
        ]
