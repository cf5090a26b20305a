"""Formats numbers like Grafana, for the units of our panels."""

SUFFIX = {"reqps": " req/s", "ops": " ops/s", "cps": " c/s", "cpm": " c/m"}
SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


def written(value: float, unit: str, decimals: int | None = None) -> str:
    match unit:
        case "percentunit":
            return f"{_number(value * 100, decimals)} %"
        case "s":
            return _seconds(value, decimals)
        case "bytes" | "Bps":
            return _size(value) + ("/s" if unit == "Bps" else "")
        case "bool_on_off":
            return "On" if value else "Off"
        case _:
            return _number(value, decimals) + SUFFIX.get(unit, "")


def _number(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    for factor, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= factor * 10:
            return f"{value / factor:.3g} {letter}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _seconds(value: float, decimals: int | None) -> str:
    if abs(value) >= 60:
        return f"{value / 60:.1f} min"
    if abs(value) >= 1 or value == 0:
        return f"{_number(value, decimals)} s"
    factor, name = (1e3, "ms") if abs(value) >= 1e-3 else (1e6, "µs")
    return f"{value * factor:.3g} {name}"


def _size(value: float) -> str:
    for name in SIZES:
        if abs(value) < 1024 or name == SIZES[-1]:
            break
        value /= 1024
    return f"{value:.3g} {name}"
