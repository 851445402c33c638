"""The contract of an adapter, as checks that anyone can run.

On the command line ``starbench check-model``; in a test of one's own::

    from starbench.contract import check

    def test_my_model():
        report = check(MyModel())
        assert report.ok, str(report)
"""

from starbench.contract.checks import CHECKS, check, check_async
from starbench.contract.report import Finding, Report

__all__ = ["CHECKS", "Finding", "Report", "check", "check_async"]
