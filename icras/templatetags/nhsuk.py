"""Any NHS.UK macro as a Django tag: {% nhsuk "button" text="Save" variant="secondary" %}; dict keys as a__b."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from jinja2 import ChainableUndefined, Environment, PackageLoader

register = template.Library()

# Three components call their macro by another name than their folder.
MACRO_NAMES = {"tables": "table", "images": "image", "do-dont-list": "list"}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loader = PackageLoader("nhsuk_frontend_jinja")
    return Environment(
        undefined=ChainableUndefined, loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )


@lru_cache(maxsize=64)
def _macro(component: str) -> Callable[[Mapping[str, Any]], str]:
    first, *rest = MACRO_NAMES.get(component, component).split("-")
    name = first + "".join(part.title() for part in rest)
    found: Callable[[Mapping[str, Any]], str] = getattr(
        _environment().get_template(f"nhsuk/components/{component}/macro.jinja").module, name
    )
    return found


def render(component: str, params: Mapping[str, Any]) -> SafeString:
    """Return the HTML of one NHS.UK component; unknown components raise jinja2.TemplateNotFound.

    The macro escapes every `text` parameter itself, so the result is safe unless a caller passes `html`.
    """
    return mark_safe(_macro(component)(params))  # noqa: S308  (escaped by the macro)


def nested(pairs: Mapping[str, Any]) -> dict[str, Any]:
    """Turn {"label__text": "Name"} into {"label": {"text": "Name"}}."""
    result: dict[str, Any] = {}
    for key, value in pairs.items():
        *path, last = key.split("__")
        level = result
        for step in path:
            level = level.setdefault(step, {})
        level[last] = value
    return result


@register.simple_tag
def nhsuk(component: str, params: Mapping[str, Any] | None = None, **pairs: Any) -> SafeString:
    """Render a component; `params` is a ready dict, keyword pairs are laid over it."""
    return render(component, {**(params or {}), **nested(pairs)})
