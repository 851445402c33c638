"""How well the engine finds and keeps a server's limit: the real engine on a virtual clock.

    python benchmarks/pace.py                       # every limiter, 60 and 600 a minute (some minutes)
    python benchmarks/pace.py --per-minute 6000 --latency 0.05 1
    python benchmarks/pace.py --minutes 30 --failing

A limit is sustained where at least 90 % of it is used once the warm-up is over (two minutes, or a quarter
of a shorter run) and at most 5 % of the requests are refused, the warm-up included. ``--failing`` shows only
the cases that are not.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from virtual_server import Server, ask, limiters, pacing

_SUSTAINED, _REFUSED = 0.9, 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--per-minute", type=int, nargs="+", default=[60, 600])
    parser.add_argument("--latency", type=float, nargs="+", default=[0.05, 0.5, 2.0, 5.0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--failing", action="store_true")
    options = parser.parse_args()
    warm_up = min(120.0, 15 * options.minutes)
    print(f"{'a minute':>8}  {'limiter':<24} {'latency':>7}  header  whole  sustained  refused  longest wait")
    cases = bad = 0
    for per_minute in options.per_minute:
        for name, limiter in limiters(per_minute).items():
            for latency in options.latency:
                for header in (False, True):
                    server = Server(limiter(), latency, header)
                    lines = ask(server, int(per_minute * options.minutes))
                    found = pacing(server, lines, per_minute, warm_up)
                    fails = found.sustained < _SUSTAINED or found.refused > _REFUSED or found.failed > 0
                    cases, bad = cases + 1, bad + fails
                    if fails or not options.failing:
                        print(
                            f"{per_minute:>8}  {name:<24} {latency:>5g} s  {'yes' if header else 'no':>6}  "
                            f"{found.whole:>5.0%}  {found.sustained:>9.0%}  {found.refused:>7.1%}  "
                            f"{found.longest_wait:>10.1f} s{'  <' if fails else ''}"
                        )
    print(f"{cases - bad} of {cases} cases sustain {_SUSTAINED:.0%} with at most {_REFUSED:.0%} refused")


if __name__ == "__main__":
    main()
