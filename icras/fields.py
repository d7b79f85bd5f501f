"""Turn a bound Django form field into the parameters of its NHS.UK macro: label, hint, error, value, ids."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.forms import BoundField
from django.forms.widgets import ChoiceWidget

Params = dict[str, Any]

REQUIRED = "This field is required."
ASKED: tuple[tuple[type[forms.Widget], str], ...] = (
    (ChoiceWidget, "Choose one"),
    (forms.CheckboxInput, "Tick this to go on"),
    (forms.Widget, "Enter this"),
)
DATE_PARTS = (("Day", 2), ("Month", 2), ("Year", 4))


def macro_for(field: BoundField, **look: Any) -> tuple[str, Params]:
    """Return (component, parameters); `look` is what the tag `field` takes."""
    widget = field.field.widget
    for kinds, build in BUILDERS:
        if isinstance(widget, kinds):
            return build(field, look)
    return _text(field, look)


def first_id(field: BoundField) -> str:
    """Return the id that an error summary links to: the field, or the first choice of it."""
    if isinstance(field.field.widget, forms.MultiWidget):
        return f"{field.auto_id}_0"
    return str(field.auto_id)


def fault_words(field: BoundField, error: str) -> str:
    """Return the words of a fault; Django's own "This field is required." becomes something to do."""
    if error != REQUIRED:
        return error
    return next(words for kinds, words in ASKED if isinstance(field.field.widget, kinds))


def summary_words(field: BoundField, error: str) -> str:
    """Return the words of a fault for the summary, where the field's name must be said."""
    words, label = fault_words(field, error), str(field.label)
    if words.casefold().startswith(label.casefold()):
        return words
    return f"{label} {words}" if label.endswith("?") else f"{label}: {words[0].lower()}{words[1:]}"


def _shared(field: BoundField, look: Params) -> Params:
    params: Params = {"name": field.html_name}
    hint = look.get("hint", field.help_text)  # hint=False takes away what a library wrote
    if hint:
        params["hint"] = {"text": str(hint)}
    if field.errors:
        params["errorMessage"] = {"text": " ".join(fault_words(field, str(error)) for error in field.errors)}
    if look.get("group"):
        params["formGroup"] = {"classes": look["group"]}
    return params


def _label(field: BoundField, look: Params) -> str:
    words = str(look.get("label") or field.label)
    return words if field.field.required or not look.get("optional") else f"{words}, if known"


def _heading(field: BoundField, look: Params, base: str) -> Params:
    hidden = "nhsuk-u-visually-hidden" if look.get("hide_label") else ""
    return {"text": _label(field, look), "classes": " ".join(filter(None, (base, hidden)))}


def _attributes(field: BoundField, *taken: str) -> dict[str, str]:
    """Return the widget's own attributes, such as maxlength, that no macro parameter carries."""
    attrs = field.build_widget_attrs(field.field.widget.attrs, field.field.widget)
    skip = {"id", "class", "type", "required", "aria-describedby", "aria-invalid", "placeholder", *taken}
    kept = {
        key: "" if value is True else str(value)
        for key, value in attrs.items()
        if key not in skip and value not in (None, False)
    }
    if field.field.required:
        kept["aria-required"] = "true"
    if field.errors:
        kept["aria-invalid"] = "true"
    return kept


def _box(field: BoundField, look: Params) -> Params:
    widget = field.field.widget
    secret = isinstance(widget, forms.PasswordInput)  # never sent back to the page
    value = "" if secret else widget.format_value(field.value())
    return _shared(field, look) | {
        "id": field.auto_id,
        "label": _heading(field, look, ""),
        "value": "" if value is None else str(value),
        "classes": look.get("classes", ""),
        "disabled": field.field.disabled,
        "autocomplete": widget.attrs.get("autocomplete", "off"),
        "attributes": _attributes(field, "autocomplete", "inputmode", "rows", "cols", "spellcheck"),
    }


def _text(field: BoundField, look: Params) -> tuple[str, Params]:
    widget = field.field.widget
    kind = widget.attrs.get("type") or getattr(widget, "input_type", "text")
    plain = kind if kind in {"password", "email", "tel", "search", "file"} else "text"
    params = _box(field, look) | {
        "type": plain,
        "width": look.get("width"),
        "inputmode": widget.attrs.get("inputmode") or ("numeric" if kind == "number" else None),
        "spellcheck": False,
    }
    return "input", params


def _textarea(field: BoundField, look: Params) -> tuple[str, Params]:
    return "textarea", _box(field, look) | {"rows": look.get("rows") or field.field.widget.attrs.get("rows", 3)}


def _chosen(field: BoundField) -> set[str]:
    value = field.value()
    values = value if isinstance(value, list | tuple | set) else [value]
    return {str(getattr(one, "pk", one)) for one in values if one is not None}


def _options(field: BoundField) -> list[Params]:
    """Return one entry per choice; group headings become plain rows of their choices."""
    chosen = _chosen(field)
    items = []
    for value, label in _flat(field.field.widget.choices):
        text = str(value if value is not None else "")
        items.append({"value": text, "text": str(label), "checked": text in chosen, "selected": text in chosen})
    return items


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    rows: list[tuple[Any, Any]] = []
    for value, label in choices:
        rows.extend(label if isinstance(label, list | tuple) else [(value, label)])
    return rows


def _numbered(field: BoundField, items: list[Params]) -> list[Params]:
    for position, item in enumerate(items):
        item["id"] = field.auto_id if position == 0 else f"{field.auto_id}-{position + 1}"
    return items


def _fieldset(field: BoundField, look: Params) -> Params:
    return {"legend": _heading(field, look, "")}


def _choice(component: str, field: BoundField, look: Params) -> tuple[str, Params]:
    items = [item for item in _options(field) if item["value"] or component == "checkboxes"]
    for item in items:
        item["disabled"] = field.field.disabled
    params = _shared(field, look) | {
        "idPrefix": field.auto_id,
        "fieldset": _fieldset(field, look),
        "items": _numbered(field, items),
        "inline": look.get("inline", False),
        "small": look.get("small", False),
    }
    if look.get("inline") and component == "checkboxes":
        params["classes"] = "nhsuk-checkboxes--inline"
    return component, params


def _radios(field: BoundField, look: Params) -> tuple[str, Params]:
    return _choice("radios", field, look)


def _checkboxes(field: BoundField, look: Params) -> tuple[str, Params]:
    return _choice("checkboxes", field, look)


def _tick(field: BoundField, look: Params) -> tuple[str, Params]:
    """One yes/no box: the label is the box's own, so no legend is needed."""
    item: Params = {"id": field.auto_id, "value": "on", "text": _label(field, look), "checked": bool(field.value())}
    return "checkboxes", _shared(field, look) | {
        "idPrefix": field.auto_id,
        "items": [item],
        "small": look.get("small", False),
    }


def _select(field: BoundField, look: Params) -> tuple[str, Params]:
    params = _box(field, look)
    params.pop("value")
    return "select", params | {"items": _options(field)}


def _date(field: BoundField, look: Params) -> tuple[str, Params]:
    """Three boxes: day, month, year; the widget splits and joins them."""
    widget = field.field.widget
    value = field.value()
    parts = value if isinstance(value, list | tuple) else widget.decompress(value)
    items = [
        {
            "id": f"{field.auto_id}_{position}",
            "name": f"{field.html_name}_{position}",
            "label": words,
            "width": width,
            "value": "" if part is None else str(part),
            "inputmode": "numeric",
            "classes": f"nhsuk-input--width-{width}" + (" nhsuk-input--error" if field.errors else ""),
        }
        for position, ((words, width), part) in enumerate(zip(DATE_PARTS, parts, strict=True))
    ]
    shared = _shared(field, look)
    shared.pop("name")
    return "date-input", shared | {"id": field.auto_id, "fieldset": _fieldset(field, look), "items": items}


Builder = Callable[[BoundField, Params], tuple[str, Params]]

BUILDERS: tuple[tuple[type[forms.Widget], Builder], ...] = (
    (forms.CheckboxSelectMultiple, _checkboxes),
    (forms.RadioSelect, _radios),
    (forms.CheckboxInput, _tick),
    (forms.Select, _select),
    (forms.Textarea, _textarea),
    (forms.MultiWidget, _date),
)
