"""Tables for people."""

import os
import sys
from collections.abc import Sequence
from typing import Any

from pingmon.client.terminal_text import safe
from pingmon.kinds import CHANNEL_KINDS

_COLOURS = {"up": "32", "down": "31;1", "unknown": "33"}
COLUMNS = ("ID", "STATE", "ADDRESS", "NAME", "SINCE", "RTT", "LOSS", "CHAT", "BOT", "DELIVERY")


def monitors(rows: Sequence[dict[str, Any]]) -> str:
    """One line per monitor, cut to the terminal's width when there is a terminal."""
    table = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(COLUMNS))]
    terminal = sys.stdout.isatty()
    limit = os.get_terminal_size(sys.stdout.fileno()).columns if terminal else None
    colour = terminal and "NO_COLOR" not in os.environ
    lines = []
    for cells in table:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        line = line.rstrip()
        if limit and len(line) > limit:
            line = line[: limit - 1] + "…"
        if colour and cells[1] in _COLOURS:
            painted = f"\x1b[{_COLOURS[cells[1]]}m{cells[1]}\x1b[0m"
            line = line.replace(f"  {cells[1]}", f"  {painted}", 1)
        lines.append(line)
    return "\n".join(lines)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    rtt = row["last_rtt_ms"]
    chat = _recipient(row) + (f"/{row['thread_id']}" if row["thread_id"] else "")
    cells = (
        row["id"][:8],
        row["state"],
        row["ip_address"],
        row["name"],
        row["since"].replace("T", " "),
        "-" if rtt is None else f"{rtt:.2f} ms",
        f"{row['loss']:.0%}",
        chat,
        row["bot"],
        row["delivery"],
    )
    return tuple(safe(cell) for cell in cells)


def _recipient(row: dict[str, Any]) -> str:
    """What has to be given of a channel of its kind."""
    required = (name for kind in CHANNEL_KINDS.values() for name in kind.required)
    return " ".join(str(row[name]) for name in required if row.get(name))


def status(result: dict[str, Any]) -> str:
    states, outbox = result["states"], result["outbox"]
    return "\n".join(
        (
            f"pingmond {result['version']}: {result['health']}, up for {result['uptime_s']:.0f} s",
            f"monitors   {result['monitors']} on {result['targets']} addresses",
            f"states     {states['up']} up, {states['down']} down, {states['unknown']} unknown",
            f"scheduling {result['scheduling']['late_p99_ms']} ms late (99th percentile)",
            f"outbox     {outbox['waiting']} waiting, the oldest for {outbox['oldest_s']} s",
            *(safe(f"chat {one['chat_id']}: {one['reason']}") for one in outbox["suspended"]),
        )
    )


def explain(result: dict[str, Any]) -> str:
    """What was learned of a path, and what settings mean on it."""
    after, burst, bound = result["loss_after_loss"], result["burst_s"], result["bound"]
    lines = [
        f"loss       {result['loss']:.3%} of probes after a reply (the worse of last hour and day)",
        f"bursts     {after:.1%} of probes after a loss, {burst} s on average",
        f"known from {result['probes']} probes, {result['runs_of_losses']:g} runs of losses",
        f"suspicion  {result['phi']:g}" + ("" if bound is None else f", down at {bound:g}"),
        *_packets(result["note"], result["counters"]),
        *_forecast("now", result["now"]),
    ]
    lines += _forecast("with these", result["with"]) if "with" in result else []
    return "\n".join(lines + ([result["hint"]] if result["hint"] else []))


def _packets(note: str, counters: dict[str, int]) -> list[str]:
    """What came beside replies, if anything did."""
    seen = [f"{count} {name.replace('_', ' ')}" for name, count in counters.items() if count]
    return [f"packets    {'; '.join([*seen, *([note] if note else [])])}"] if seen or note else []


def _forecast(title: str, found: dict[str, Any]) -> list[str]:
    limits = {
        "budget": f"the budget of {found['false_alarms']} is kept",
        "max_delay": f"max_delay of {found['max_delay']} s wins over {found['false_alarms']}",
        "fixed": "a fixed rule: no budget",
    }
    median, p99 = found["delay_median_s"], found["delay_p99_s"]
    return [
        f"{title}:",
        f"  down after   {found['waits_for']} losses in a row",
        f"  false alarms {found['false_alarms_per_year']:.2g} a year ({limits[found['limited_by']]})",
        f"  delay        {median:.1f} s median, {p99:.1f} s 99th percentile",
    ]
