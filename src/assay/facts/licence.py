"""What a licence holds back, and families of licences that hold back the same."""

from __future__ import annotations

from enum import StrEnum

from assay.lazy import dataclass


class Restriction(StrEnum):
    """What a licence holds back, for people who must decide."""

    NON_COMMERCIAL = "no commercial use, or research only"
    NO_DERIVATIVES = "no derivatives, or no redistribution"
    USERS = "a threshold of users or revenue"
    USE_POLICY = "a list of uses that are not allowed"
    OUTPUTS = "outputs may not train other models"
    NAMING = "a naming or branding duty"
    TERRITORY = "some territories are left out"
    TERRITORY_MULTIMODAL = "some territories are left out, of multimodal models"
    REMOTE = "the licensor may restrict use later"
    HOSTING = "offering it as a service is restricted"
    SHARE_ALIKE = "derivatives under the same terms"
    RESEARCH = "for research, evaluation or the like only"
    FIELD = "some fields of use are left out"
    TERMINATION = "the rights can end"
    INDEMNITY = "the user answers for claims against the licensor"
    OTHER = "another condition"


@dataclass(frozen=True, slots=True)
class Clause:
    """A passage that seems to withhold or ask for something: what, its lines (from 1), its first words, and the number
    of users or the sum that it names.
    """

    kind: Restriction
    line: int
    last_line: int
    text: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Licences that restrict the same: how their names begin (as `assay.licence.spelling.key` writes them), and
    what.
    """

    id: str
    starts: tuple[str, ...]
    restrictions: tuple[Restriction, ...]
