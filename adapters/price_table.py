"""What vendors charge: ``prices.json``, each price with its date and its source.

Under a model stand its prices in the order of time; each but the last names its last day (``until``).
Prices without a source are left out; ``--prices FILE`` gives any other.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from importlib.resources import files

from starbench.schema import Prices

#: What may follow a model's name without making it another model: a stage, a date or a build number.
_VERSION = re.compile(r"(-(preview|exp|experimental|latest|\d{2,}))*")


def lookup(vendor: str, model: str, today: date | None = None) -> Prices | None:
    """Return what ``vendor`` (not its resellers) charges for ``model`` today; None if that is not known.

    A dated or preview version costs what the model does; a name with any other suffix (``-lite``, ``-mini``)
    is another model.
    """
    table = _table().get(vendor, {})
    names = [name for name in table if _is_version(model.removeprefix("models/"), name)]
    if not names:
        return None
    day = today or date.today()
    rows = table[max(names, key=len)]
    return next((prices for prices in rows if prices.until is None or day <= prices.until), None)


def _is_version(model: str, name: str) -> bool:
    return model.startswith(name) and _VERSION.fullmatch(model[len(name) :]) is not None


@cache
def _table() -> dict[str, dict[str, list[Prices]]]:
    text = files(__package__).joinpath("prices.json").read_text("utf-8")
    return {
        vendor: {name: [Prices.model_validate(row) for row in rows] for name, rows in models.items()}
        for vendor, models in json.loads(text).items()
    }
