"""Letters as they are read out on the telephone: by Turkish towns, and by the NATO alphabet.

The letters are those that a tracking number can have (Crockford's base 32), without digits.
"""

from __future__ import annotations

SPELLED: dict[str, dict[str, str]] = {
    "tr": {
        "A": "Adana", "B": "Bolu", "C": "Ceyhan", "D": "Denizli", "E": "Edirne", "F": "Fatsa",
        "G": "Giresun", "H": "Hatay", "J": "Jandarma", "K": "Kars", "M": "Muğla", "N": "Niğde",
        "P": "Polatlı", "Q": "kü", "R": "Rize", "S": "Sinop", "T": "Tokat", "V": "Van",
        "W": "çift ve", "X": "iks", "Y": "Yozgat", "Z": "Zonguldak",
    },
    "en": {
        "A": "Alfa", "B": "Bravo", "C": "Charlie", "D": "Delta", "E": "Echo", "F": "Foxtrot",
        "G": "Golf", "H": "Hotel", "J": "Juliett", "K": "Kilo", "M": "Mike", "N": "November",
        "P": "Papa", "Q": "Quebec", "R": "Romeo", "S": "Sierra", "T": "Tango", "V": "Victor",
        "W": "Whiskey", "X": "X-ray", "Y": "Yankee", "Z": "Zulu",
    },
}  # fmt: skip
