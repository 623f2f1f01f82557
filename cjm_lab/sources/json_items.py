"""Fields of the items of a JSON export, as text; what is something else is refused."""

from __future__ import annotations

from typing import Any

from cjm_lab.sources.json_files import shown

Item = dict[str, Any]


class WrongItem(Exception):
    """What an item lacks; where it stands is said by who reads the file."""


def items_of(owner: object, name: str) -> list[Item]:
    """Return the objects in a field: one alone counts as a list of one."""
    found = owner.get(name) if isinstance(owner, dict) else None
    found = [found] if isinstance(found, dict) else found or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise WrongItem(f"{name} must be a list of objects, got {shown(found)}")
    return found


def object_of(owner: Item, name: str) -> Item:
    """Return the object in a field, an empty one if there is none."""
    found = owner.get(name)
    return found if isinstance(found, dict) else {}


def label_of(owner: Item, name: str) -> str:
    """Return the text of a field as feeds write it: ``{"label": text}``."""
    return text_of(object_of(owner, name).get("label"), name)


def needed(item: Item, name: str) -> str:
    """Return a field that no item may lack."""
    text = text_of(item.get(name), name)
    if not text:
        raise WrongItem(f"{name} must be given, got none")
    return text


def number(value: object) -> float:
    """Return a count; none is 0."""
    try:
        return float(text_of(value, "a count") or 0)
    except ValueError:
        raise WrongItem(f"a count must be a number, got {shown(value)}") from None


def text_of(value: object, name: str) -> str:
    """Return a field as text; a list of texts in one line each."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise WrongItem(f"{name} must be a text or a number, got {shown(value)}")
    return value


def value_at(item: Item, path: str) -> object:
    """Return what stands at a path such as ``via.channel``; nothing is None."""
    found: object = item.get(path)
    if found is None:
        found = item
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
    return found
