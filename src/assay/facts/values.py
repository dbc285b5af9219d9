"""What one pass over the values of the weights gives: for each tensor counts, moments, rows, columns, low bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Peak:
    """A row or column with unusual energy: its index, and its energy (sum of squares) over the median of all."""

    place: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Lines:
    """The rows of a matrix, or its columns: how many, and which stand out.

    `dead` rows hold only zeros, `constant` ones one value, `duplicate` ones repeat another row (equal 64-bit hashes).
    Columns have energies only. Lists are cut at 64 rows, 32 groups of 16, and 8 peaks; the counts are not.
    """

    count: int
    dead: int
    constant: int
    duplicate: int
    dead_rows: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    peaks: tuple[Peak, ...]


@dataclass(frozen=True, slots=True)
class LowBits:
    """One test of the low `bits` of the codes of `values` values from `first` on, in a 16-bit tensor.

    `uneven` is how unequally codes occur that differ in these bits only, in units of what the density around them
    predicts: 1 for weights, 0 for random bits. `sigma` is its standard deviation if the bits are random.
    """

    bits: int
    first: int
    values: int
    uneven: float
    sigma: float


@dataclass(frozen=True, slots=True)
class TensorSummary:
    """The values of one tensor in numbers.

    `values` is how many there are; `mean`, `deviation` and `kurtosis` (3 for a normal distribution) are of the finite
    ones. `quantiles` are those of 0.1, 1, 25, 50, 75, 99 and 99.9 %; `bins` counts values in 48 equal steps from
    `span[0]` to `span[1]`, what lies outside counted at the ends. `histogram` is the SHA-256 of the exact histogram of
    codes. `narrower` names a smaller type that holds every value. `byte_entropy` is that of the lowest byte of F32
    values, where it is not zero. A number that is not finite is None.
    """

    artifact: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    values: int
    zeros: int
    nans: int
    infinities: int
    subnormals: int
    distinct: int
    minimum: float | None
    maximum: float | None
    mean: float | None
    deviation: float | None
    kurtosis: float | None
    quantiles: tuple[float, ...]
    bins: tuple[int, ...]
    span: tuple[float, float]
    rows: Lines | None
    columns: Lines | None
    low_bits: tuple[LowBits, ...]
    narrower: str | None
    scales_not_finite: int
    scales_zero: int
    byte_entropy: float | None
    histogram: str

    @property
    def mask(self) -> bool:
        """Whether it is the table of zeros and ones that says which token sees which, saved as `attn.bias`, say."""
        square = len(self.shape) > 1 and self.shape[-1] == self.shape[-2]
        return (
            square
            and self.name.endswith(("bias", "mask"))
            and (self.minimum, self.maximum) == (0.0, 1.0)
            and (self.distinct == 2)
        )


@dataclass(frozen=True, slots=True)
class UnreadValues:
    """A tensor whose values could not be summarised, and why."""

    artifact: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class UntrainedToken:
    """An embedding row that looks as if no text had trained it.

    `cosine` is that of the row, less the mean row, to the mean of rows known to be unused. `twins` are ids whose rows
    are byte for byte the same. `reach` says whether text can produce the token.
    """

    id: int
    text: str
    cosine: float
    twins: tuple[int, ...]
    reach: str


@dataclass(frozen=True, slots=True)
class TokenReview:
    """The embedding against itself: which rows are known to be unused, and which others are like them.

    `reference` are the ids of the known ones, `listed` the most similar ordinary tokens, `alike` how many reach a
    cosine of 0.9. `beyond` rows have no token. `reason` says why there is no review, if there is none.
    """

    artifact: str
    tensor: str
    rows: int
    reference: tuple[int, ...]
    listed: tuple[UntrainedToken, ...]
    alike: int
    beyond: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Directions:
    """What the matrices that write to the residual stream share: hints; error rates: docs/measured/parameters.md.

    `emptiest` is the energy of the emptiest direction over that of the next emptiest, `threshold` what separates
    an ablation from a sound model. `common` of the `writers` share their strongest direction (|cosine| of 0.9 or more).
    `reason` says why nothing was measured, if nothing was.
    """

    artifact: str
    writers: int
    hidden: int
    emptiest: float
    threshold: float
    common: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """The least and greatest integer in a tensor of integers, such as the group numbers of a packed matrix."""

    artifact: str
    name: str
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Frequencies:
    """The values of a rotary embedding's `inv_freq`, radians per position, as stored."""

    artifact: str
    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like the draw of an initialiser one matrix is: standard deviations from what independent values give.

    `scheme` names the initialiser that it fits, empty where it fits none; `kurtosis` is that of all its values.
    `correlation` is of the sum of squared correlations of `rows` rows over `columns` columns, `largest` of their
    greatest eigenvalue, `row_spread` and `column_spread` of how unequal their energies are, `centre` of the mean.
    """

    artifact: str
    name: str
    scheme: str
    deviation: float
    kurtosis: float
    rows: int
    columns: int
    correlation: float
    largest: float
    row_spread: float
    column_spread: float
    centre: float


@dataclass(frozen=True, slots=True)
class Untrained:
    """Which matrices are at their initialiser: how many were large enough to tell, how many were looked at in a block.

    By its kurtosis, which the pass over the values gives, a matrix is a candidate; only candidates are looked at.
    """

    tested: int
    candidates: int
    looked: tuple[Likeness, ...]


def first_copy(rows: Sequence[TensorSummary]) -> tuple[TensorSummary, ...]:
    """The tensors of the copy of the model with most of them: a picture of two would show each layer twice."""
    copies = Counter(map(copy_of, rows))
    main = max(copies, key=lambda copy: (copies[copy], copy), default=None)
    return tuple(row for row in rows if copy_of(row) == main)


def median(values: Iterable[float]) -> float:
    """That of at least one number, as `statistics` has it, which imports decimal, fractions and random for more."""
    rows = sorted(values)
    middle = len(rows) // 2
    return rows[middle] if len(rows) % 2 else (rows[middle - 1] + rows[middle]) / 2


def copy_of(row: TensorSummary) -> tuple[str, str]:
    """Which copy of the model a tensor is of: the folder and the kind of file."""
    folder, _, name = row.artifact.rpartition("/")
    return folder, name.rpartition(".")[2]
