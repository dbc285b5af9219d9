"""Question sets about capitals, in the two forms that users have: question and answer, and a relation."""

from __future__ import annotations

import json
from pathlib import Path

CAPITALS = {
    "France": "Paris",
    "Italy": "Rome",
    "Spain": "Madrid",
    "Germany": "Berlin",
    "Japan": "Tokyo",
    "Egypt": "Cairo",
    "Russia": "Moscow",
    "Greece": "Athens",
    "Portugal": "Lisbon",
    "Austria": "Vienna",
    "Poland": "Warsaw",
    "Hungary": "Budapest",
    "Norway": "Oslo",
    "Sweden": "Stockholm",
    "Finland": "Helsinki",
    "Denmark": "Copenhagen",
    "Ireland": "Dublin",
    "Cuba": "Havana",
    "Peru": "Lima",
    "Chile": "Santiago",
    "Kenya": "Nairobi",
    "China": "Beijing",
    "Thailand": "Bangkok",
    "Bhutan": "Thimphu",
    "Nauru": "Yaren",
    "Tuvalu": "Funafuti",
    "Palau": "Ngerulmud",
    "Eritrea": "Asmara",
    "Lesotho": "Maseru",
    "Burundi": "Gitega",
    "Suriname": "Paramaribo",
    "Brunei": "Bandar Seri Begawan",
    "Comoros": "Moroni",
    "Gabon": "Libreville",
    "Chad": "N'Djamena",
    "Togo": "Lomé",
}


def capitals(path: Path) -> Path:
    """A question and its answer on each line."""
    path.write_text(
        "".join(
            json.dumps({"question": f"What is the capital of {name}?", "answers": [city], "topic": "capitals"}) + "\n"
            for name, city in CAPITALS.items()
        )
    )
    return path


def relation(path: Path) -> Path:
    """A prompt that is continued, with subjects and objects."""
    rows = [{"subject": name, "object": city} for name, city in CAPITALS.items()]
    path.write_text(json.dumps({"name": "capitals", "prompt_templates": ["The capital of {} is"], "samples": rows}))
    return path
