"""The limits of a failure: errors for some seconds, and no loss of an acknowledged message."""

RECOVERY_SECONDS = 30
AWAY = {"502", "503"}


def judge(load, began, well, note, name, allowed=AWAY):
    """Add the result to the table, and check it against the guarantees."""
    checked = load.audit()
    for line in load.lines_of_failures():
        print(line)
    wrong = checked.lost + checked.doubled + checked.misdelivered + checked.wrong_counters
    failed = ", ".join(f"{count} x {what}" for what, count in load.kinds().items()) or "none"
    note(name, load.acknowledged(), failed, f"{load.longest_silence():.1f} s", f"{well:.1f} s", wrong)

    assert load.waits() == 0, "the limits of nginx slowed the load"
    assert checked.is_clean, str(checked)
    assert set(load.kinds()) <= allowed
    assert all(failure.at < began + RECOVERY_SECONDS for failure in load.failures())
