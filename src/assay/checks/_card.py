"""Sections of a model card by subject, shared by the checks that read one."""

from __future__ import annotations

import re

from assay.facts.text import ModelCard, Section

LIMITATION = re.compile(r"limitation|bias|risk|out[- ]of[- ]scope|caveat|hallucinat|factual", re.IGNORECASE)
EVALUATION = re.compile(r"\beval|benchmark|results?\b|performance", re.IGNORECASE)
TRAINING_DATA = re.compile(
    r"(training|pre-?training|fine-?tuning)\s+(data|corpus|dataset|mix)|^\W*(data|datasets?)\W*$|data\s+sources?",
    re.IGNORECASE,
)
MOST_DENIAL = 120  # a section this short that denies is a denial; a longer one also says something


def root_card(cards: tuple[ModelCard, ...]) -> ModelCard | None:
    """The card of the model itself: the one at the top of the folder."""
    return next((card for card in cards if "/" not in card.artifact), None)


def sections(card: ModelCard, subject: re.Pattern[str], least: int = 15) -> tuple[Section, ...]:
    """The sections about `subject` with at least `least` words, leaving out short ones that only deny."""
    about = (section for section in card.sections if subject.search(section.title) and section.words >= least)
    return tuple(section for section in about if section.denial is None or section.words > MOST_DENIAL)


def denials(card: ModelCard, subject: re.Pattern[str]) -> tuple[Section, ...]:
    """The sections about `subject` in which a sentence denies or withholds."""
    return tuple(section for section in card.sections if subject.search(section.title) and section.denial is not None)
