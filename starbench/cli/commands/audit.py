"""``starbench audit``: what of a suite's cues a model gets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from starbench.cli.commands.progress import counting
from starbench.cli.commands.shared import loading_of, model_of, setup_of
from starbench.cli.output import echo
from starbench.diagnose.audit import audit as hear
from starbench.diagnose.records import check_writable, write_record
from starbench.reporting.audit import show
from starbench.suites.open import open_suite
from starbench.suites.sampling import sample


def audit(options: Mapping[str, Any]) -> None:
    """Hear the suite, show the table, and write the record if a file is named."""
    if options["json"] is not None:
        check_writable(options["json"])
    model, setup = model_of(options), setup_of(options)
    with counting("listening", first="reading the suite") as on_item:
        suite = open_suite(
            options["suite"],
            skip_bad=setup.skip_bad,
            to_decode=partial(sample, limit=setup.limit, seed=setup.limit_seed),
            loading=loading_of(options),
        )
        record = hear(
            suite,
            model,
            setup,
            internal_noise=options["internal_noise"],
            loaders=options["loader"] or (),
            seed=options["seed"],
            on_item=on_item,
        )
    show(record)
    if options["json"] is not None:
        write_record(record, options["json"])
        echo(f"written to {options['json']}")
