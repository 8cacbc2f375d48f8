"""explain: what was learned of a path, and what settings mean on it."""

from typing import Any

from pingmon.client.output import count, device
from pingmon.client.terminal_text import safe_lines
from pingmon.client.time_words import age
from pingmon.client.views.monitor import goes_on

WORDS = ("path", "limit", "neighbours")  # fields that are words already


def explain(result: dict[str, Any]) -> str:
    after, burst, bound = result["loss_after_loss"], result["burst_s"], result["bound"]
    why = f": {result['reason']}" if result["reason"] else ""
    known = f"known from {count(result['probes'], 'probe')}, {result['runs_of_losses']:g} runs of losses"
    if result["assumed"]:
        known = "nothing was measured yet: what follows is assumed"
    lines = [
        f"{device(result)} is {result['state']} for {age(result['since'])}{why}",
        *_local_error(result.get("local_error")),
        *([f"name       {result['resolver']}{goes_on(result)}"] if result.get("resolver") else []),
        known,
        f"loss       {result['loss']:.3%} of probes after a reply (the worse of last hour and day)",
        f"bursts     {after:.1%} of probes after a loss, {burst} s on average",
        f"suspicion  {result['phi']:g}" + ("" if bound is None else f", down at {bound:g}"),
        *(f"{field:<10} {result[field]}" for field in WORDS if result.get(field)),
        *_packets(result["note"], result["counters"]),
        *_certificate(result.get("certificate_ends")),
        *_sources(result.get("sources") or {}),
        *_forecast("now", result["now"]),
    ]
    lines += _forecast("with these", result["with"]) if "with" in result else []
    return safe_lines("\n".join(lines + ([result["hint"]] if result["hint"] else [])))


def _local_error(error: dict[str, Any] | None) -> list[str]:
    """What keeps its probes from leaving, if anything does."""
    if not error:
        return []
    words = error["words"].removeprefix("could not send: ")
    return [f"not sent   {words} ({error['kind']}), for {age(error['since'])}"]


def _certificate(ends: str | None) -> list[str]:
    return [f"ends       its certificate, on {ends[:10]}"] if ends else []


def _sources(sources: dict[str, str]) -> list[str]:
    """Where settings come from, if not all are defaults."""
    names: dict[str, list[str]] = {}
    for name, source in sources.items():
        if (name, source) != ("chat_id", "given"):  # as of most
            names.setdefault(source, []).append(name)
    names.pop("default", None)
    words = [f"{source}: {', '.join(its)}" for source, its in sorted(names.items())]
    return [f"settings   {'; '.join(words)}; others are defaults"] if words else []


def _packets(note: str, counters: dict[str, int]) -> list[str]:
    """What came beside replies, if anything did."""
    seen = [f"{number} {name.replace('_', ' ')}" for name, number in counters.items() if number]
    return [f"packets    {'; '.join([*seen, *([note] if note else [])])}"] if seen or note else []


def _forecast(title: str, found: dict[str, Any]) -> list[str]:
    limits = {
        "budget": f"the budget of {found['false_alarms']} is kept",
        "max_delay": f"max_delay of {found['max_delay']} s wins over {found['false_alarms']}",
        "longest": "silences were of about one length: much longer ones are not waited for",
        "fixed": "a fixed rule: no budget",
    }
    median, p99 = found["delay_median_s"], found["delay_p99_s"]
    return [
        f"{title}:",
        f"  down after   {found['waits_for']} losses in a row",
        f"  false alarms {found['false_alarms_per_year']:.2g} a year ({limits[found['limited_by']]})",
        f"  delay        {median:.1f} s median, {p99:.1f} s 99th percentile",
    ]
