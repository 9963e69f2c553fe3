"""Runs all tests. The last line reads "N passed, N failed, N skipped"; exit 1 when one failed, or, with CI=true, when one was skipped."""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(unittest.defaultTestLoader.discover(os.path.join(ROOT, "tests"), top_level_dir=ROOT))
for test, reason in result.skipped:
    print("skipped %s: %s" % (test, reason))
failed = len({test.id().split(" ")[0] for test, _ in result.failures + result.errors})
skipped = len(result.skipped)
print("%d passed, %d failed, %d skipped" % (result.testsRun - failed - skipped, failed, skipped), flush=True)
sys.exit(failed > 0 or result.testsRun == 0 or (skipped > 0 and os.environ.get("CI") == "true"))
