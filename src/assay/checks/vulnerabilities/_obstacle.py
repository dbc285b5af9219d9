"""Obstacles as open answers: what could not be examined stays unknown."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.artifact import Obstacle, Trouble
from assay.facts.finding import Answer, Evidence, unknown


def open_answers(obstacles: tuple[Obstacle, ...], *troubles: Trouble) -> Iterator[Answer]:
    """One open answer for each obstacle of the given kinds."""
    for obstacle in obstacles:
        if obstacle.trouble in troubles:
            yield unknown(
                f"{obstacle.artifact}: {obstacle.reason}",
                Evidence(obstacle.artifact, obstacle.reason, start=obstacle.at),
            )
