"""Components of the Pile, as `meta.pile_set_name` has them: under which licence each is published by its source.

The Pile states no licence of its own for them (Gao et al. 2020, "The Pile", section 7; Biderman et al. 2022, "Datasheet
for the Pile"). Where the source has one licence for everything, or states that the texts are in the public domain, it
stands here; for all other components (web, books, papers, mail, subtitles) nobody states one, and they stay unknown.
"""

from __future__ import annotations

_PUBLIC = "LicenseRef-scancode-public-domain"
LICENCES = {
    "Wikipedia (en)": "CC-BY-SA-3.0",  # the terms of Wikimedia until June 2023
    "StackExchange": "CC-BY-SA-4.0",  # the terms of Stack Exchange for what was written since May 2018
    "DM Mathematics": "Apache-2.0",  # github.com/google-deepmind/mathematics_dataset
    "FreeLaw": _PUBLIC,  # decisions of courts
    "USPTO Backgrounds": _PUBLIC,
    "NIH ExPorter": _PUBLIC,  # works of the government of the United States
    "Gutenberg (PG-19)": _PUBLIC,  # in the United States
}
