"""What is behind a dead device: nothing in a chat that was told of it, one message in another one."""

from typing import Any

from tests.support.lab import Lab, Pingmon, until

ROUTER, B, C, D, E, F = (f"10.0.{number}.1" for number in range(6))
HERE, ELSEWHERE, THIRD, FOURTH = 1001, 1002, 1003, 1004
SETTINGS = ("--interval", "1", "--timeout", "1", "--max_delay", "10", "--no_wait")
TOLD_WITHIN = 10 + 15 + 5  # s: the bound, what is promised, and until it was sent and read


def add(pingmon: Pingmon, chat: int | tuple[int, ...], address: str, *more: str) -> str:
    chats = [part for one in (chat if isinstance(chat, tuple) else (chat,)) for part in option_of(one)]
    command = ("add-mon", *chats, "--ip_address", address, *SETTINGS, *more)
    return pingmon.ctl(*command).stdout.strip()


def option_of(number: int) -> tuple[str, str]:
    return "--chat_id", str(number)


def told(pingmon: Pingmon, chat: int) -> list[str]:
    return [one["text"] for one in pingmon.messages() if one["chat_id"] == chat]


def test_another_chat_hears_once_that_it_begins_and_once_that_it_ends(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    parent = add(pingmon, HERE, ROUTER, "--name", "router")
    for chat, address in ((HERE, B), (HERE, C), (ELSEWHERE, D), (ELSEWHERE, E), (THIRD, F)):
        add(pingmon, chat, address, "--parent", parent)
    add(pingmon, THIRD, ROUTER)  # a monitor of its own for the same device
    everything = (ROUTER, B, C, D, E, F)
    pingmon.wait_state("up", *everything)
    lab.unplug(*everything)
    until(lambda: bool(told(pingmon, ELSEWHERE)), TOLD_WITHIN, "the other chat to be told")
    (text,) = told(pingmon, ELSEWHERE)
    assert "can't see 2 of 2 devices" in text and "behind router" in text
    until(lambda: bool(told(pingmon, HERE)) and bool(told(pingmon, THIRD)), 10, "the others")
    lab.plug(*(one for one in everything if one != B))  # this one stays dead
    pingmon.wait_state("up", ROUTER, C, D, E, F)
    pingmon.wait_state("down", B)
    until(lambda: len(told(pingmon, ELSEWHERE)) == 2, 15, "the end")
    assert "can see again" in told(pingmon, ELSEWHERE)[1]
    until(lambda: any(B in one for one in told(pingmon, HERE)), 15, "what is dead by itself")
    texts = told(pingmon, HERE)
    assert "router" in texts[0] and "is down" in texts[0]
    assert not any(word in one for one in (*texts, *told(pingmon, THIRD)) for word in ("see", C, F))
    assert sum(ROUTER in one for one in told(pingmon, THIRD)) == 2  # down and up


def test_who_is_behind_is_in_the_reason_and_in_status(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    parent = add(pingmon, HERE, ROUTER, "--name", "router")
    add(pingmon, HERE, B, "--parent", parent)
    pingmon.wait_state("up", ROUTER, B)
    lab.unplug(ROUTER, B)
    pingmon.wait_state("down", ROUTER)
    pingmon.wait_state("unknown", B)
    seen: dict[str, Any] = pingmon.monitors()[B]
    assert seen["reason"] == "unreachable"
    assert pingmon.status()["unseen"] == [{"reason": "unreachable", "monitors": 1}]


def test_each_chat_of_a_monitor_hears_what_it_was_not_told_of_the_parent(
    lab: Lab, pingmon: Pingmon
) -> None:
    """By what reaches that chat: one that is suspended when the parent dies was not told of it."""
    pingmon.start_api(f"blocked={HERE}")
    pingmon.start()
    parent = add(pingmon, (HERE, THIRD), ROUTER, "--name", "router", "--no_verify")
    chats: dict[str, int | tuple[int, ...]] = {B: HERE, C: (HERE, ELSEWHERE), D: (THIRD, FOURTH)}
    for address, its in chats.items():
        add(pingmon, its, address, "--parent", parent, "--no_verify")
    pingmon.wait_state("up", ROUTER, *chats)
    lab.unplug(ROUTER, *chats)
    until(lambda: bool(told(pingmon, ELSEWHERE) and told(pingmon, FOURTH)), TOLD_WITHIN, "the others")
    for chat in (ELSEWHERE, FOURTH):
        (text,) = told(pingmon, chat)
        assert "can't see" in text and "behind router" in text
    (one,) = pingmon.status()["outbox"]["suspended"]
    assert one["chat_id"] == str(HERE) and told(pingmon, HERE) == []

    def waiting() -> int:
        channels = pingmon.call("outbox_list")["channels"]
        return sum(its["waiting"] for its in channels)

    until(lambda: waiting() == 2, TOLD_WITHIN, "what the suspended chat has to hear")
    assert pingmon.api is not None
    pingmon.api.kill()
    pingmon.api.wait()
    pingmon.start_api()
    pingmon.ctl("outbox", "retry")
    until(lambda: waiting() == 0, 30, "the chat to be told when it is back")
    text = " ".join(told(pingmon, HERE))
    assert "router" in text and "is down" in text
    assert "can't see 2 of 3 devices" in text and "behind router" in text
    (text,) = told(pingmon, THIRD)  # it was told of the router: no more is said of what is behind it
    assert "is down" in text and "see" not in text
