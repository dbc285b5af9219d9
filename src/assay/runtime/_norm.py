"""A norm as the linear map that it is once its scale is frozen, found by trying it: no name of a class is known here.

RMS norm (arXiv:1910.07467) and layer norm (arXiv:1607.06450) are both `scale * gain * (x - mean) + shift` with one
scale a token; the second alone subtracts the mean.
"""

from __future__ import annotations

from typing import Any

from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Frozen:
    """A norm at one state: `scale * gain * (x - mean of x where centred) + shift`, float32[width] each.

    `gap` is the share of what the norm gives at that state which this leaves over.
    """

    gain: Any
    shift: Any
    scale: float
    centred: bool
    gap: float

    def pulled(self, direction: Any) -> Any:
        """float32[width]: the direction before the norm whose product with a state is that of `direction` after it.

        The shift is left out: its product with `direction` is the same for every state.
        """
        found = self.gain * direction * self.scale
        return found - found.mean() if self.centred else found

    def given(self, states: Any) -> Any:
        """What the norm would give of other states (float32[..., width]) with this scale, without its shift."""
        moved = states - states.mean(-1, keepdim=True) if self.centred else states
        return moved * self.gain * self.scale


def frozen(torch: Any, norm: Any, state: Any) -> Frozen:
    """A norm (None: none) with the scale that it has at `state`, [width]."""
    x = state.detach().float()
    if norm is None:
        return Frozen(torch.ones_like(x), torch.zeros_like(x), 1.0, False, 0.0)
    with torch.no_grad():
        signs = torch.ones_like(state)
        signs[1::2] = -1  # mean 0 and mean square 1: both kinds of norm leave it as it is
        up, down, out = (norm(row[None, None])[0, 0].float() for row in (signs, -signs, state.detach()))
        gain, shift = (up - down) / 2 * signs.float(), (up + down) / 2
        best: Frozen | None = None
        for centred in (False, True):
            moved = gain * (x - x.mean() if centred else x)
            scale = float((moved * (out - shift)).sum() / (moved * moved).sum())
            gap = float((moved * scale + shift - out).norm() / out.norm())
            if best is None or gap < best.gap:
                best = Frozen(gain, shift, scale, centred, gap)
        assert best is not None
        return best
