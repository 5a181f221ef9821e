import sys
import traceback


def refused(action, kind, words):
    """Fails unless `action` throws this kind of error, with these words in it."""
    try:
        action()
    except kind as why:
        assert words in str(why), why
        return
    raise AssertionError("it was not refused")


def hold(name, checks):
    """Runs each check, prints a line for it, and ends the process: with 0 where all held."""
    failed = 0
    for check in checks:
        try:
            check()
            print(f"ok      {check.__name__}")
        except Exception:
            failed += 1
            print(f"FAILED  {check.__name__}: {traceback.format_exc()}")
    print(f"{name}: {len(checks) - failed} of {len(checks)} held")
    sys.exit(1 if failed else 0)
