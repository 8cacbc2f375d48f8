"""Networks that reject, drop and can't be reached, and a machine that has nothing left; in namespaces."""

import subprocess
import sys
import textwrap
from pathlib import Path

from tests.support.lab import Lab
from tests.support.paths import ROOT
from tests.support.tcp_servers import TcpServers

A, B, A6 = "10.0.0.1", "10.0.0.2", "fd00:1::1"
OUTPUT = "add table inet f; add chain inet f o { type filter hook output priority 0; }"
HEAD = """
    import resource
    from tests.support.conversations import watching
    def show(seen, number=1):
        one = seen.results(number)[-1]
        print(one.outcome, one.kind or "-", one.detail or "-", sep="|")
    with watching("tcp") as watch:
"""


def told(lab: Lab, script: str) -> list[str]:
    """What a script in the daemon's namespace prints: `show` gives outcome, kind and words."""
    code = textwrap.dedent(HEAD) + textwrap.indent(textwrap.dedent(script), "    ")
    command = ["ip", "netns", "exec", lab.here, sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_firewalls_and_routers_are_told_apart_from_silence(lab: Lab, tmp_path: Path) -> None:
    rules = {
        f"ip daddr {A} tcp dport 81": "reject with tcp reset",
        f"ip daddr {A} tcp dport 82": "drop",
        f"ip daddr {A} tcp dport 83": "reject with icmp type host-unreachable",
        f"ip daddr {A} tcp dport 84": "reject with icmp type net-unreachable",
        f"ip daddr {A} tcp dport 85": "reject with icmp type admin-prohibited",
        f"ip6 daddr {A6} tcp dport 83": "reject with icmpv6 type addr-unreachable",
    }
    lab.nft("".join(f"insert rule inet lab input {one} {verdict}\n" for one, verdict in rules.items()))
    with TcpServers(lab, tmp_path / "log", 80):
        found = told(
            lab,
            f"""
            seen = [watch("{A}", port=port, timeout=1.0) for port in (80, 81, 82, 83, 84, 85)]
            seen.append(watch("{A6}", port=83, timeout=0.5))
            seen.append(watch("fe80::2%v0", port=9))
            for one in seen:
                show(one)
            """,
        )
    assert found == [
        "reply|-|-",
        "error|-|connection refused",
        "timeout|-|-",
        "error|-|host unreachable",
        "error|-|network unreachable",
        "error|-|host unreachable",
        "error|-|host unreachable",
        "error|-|connection refused",
    ]


def test_what_the_own_firewall_drops_is_no_silence_of_the_other_side(lab: Lab) -> None:
    """Of TCP that shows when a packet is sent again, after a second."""
    lab.in_here("nft", f"{OUTPUT}; add rule inet f o ip daddr {A} drop")
    lab.nft("insert rule inet lab input meta l4proto { tcp, udp } drop\n")
    found = told(
        lab,
        f"""
        web, name = {{"url": "http://a.example/"}}, {{"query": "a.example"}}
        with watching("http") as ask_web, watching("dns") as ask_name, watching("tls") as greet:
            for address in ("{A}", "{B}"):
                for one in [
                    watch(address, port=80, timeout=1.5),
                    ask_web(address, timeout=1.5, **web),
                    greet(address, timeout=1.5),
                    ask_name(address, timeout=1.5, dns_over="tcp", **name),
                    ask_name(address, **name),
                ]:
                    show(one)
        """,
    )
    dropped = "local_error|EPERM|could not send: Operation not permitted"
    assert found[:5] == [dropped] * 5
    assert [line.split("|")[0] for line in found[5:]] == ["timeout"] * 5


def test_what_this_machine_lacks_is_told_by_the_errors_name(lab: Lab, tmp_path: Path) -> None:
    """No route of two sorts, no free port, no descriptor."""
    lab.in_here("ip", "route", "add", "unreachable", f"{B}/32")
    lab.in_here("ip", "route", "add", "prohibit", "10.0.0.3/32")
    lab.in_here("sysctl", "-qw", "net.ipv4.ip_local_port_range=40000 40000")
    lab.nft("insert rule inet lab input tcp dport 82 drop\n")
    found = told(
        lab,
        f"""
        show(watch("{B}", port=80))
        show(watch("192.0.2.1", port=80))
        show(watch("10.0.0.3", port=80))
        first = watch("{A}", port=82, timeout=30.0)
        while not first.target.outstanding:
            pass
        show(watch("{A}", port=82))
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        show(watch("{A}", port=80))
        """,
    )
    assert [line.split("|")[:2] for line in found] == [
        ["local_error", "EHOSTUNREACH"],
        ["local_error", "ENETUNREACH"],
        ["local_error", "EACCES"],
        ["local_error", "EADDRNOTAVAIL"],
        ["local_error", "EMFILE"],
    ]


def test_two_thousand_silent_targets_do_not_keep_others_waiting(lab: Lab, tmp_path: Path) -> None:
    """Their connections are under way all the time; there is room for them, or they wait."""
    lab.nft("insert rule inet lab input ip daddr 10.0.0.0/20 tcp dport 82 drop\n")
    with TcpServers(lab, tmp_path / "log", 80):
        found = told(
            lab,
            """
            import time
            from pingmon.probes.paced.descriptors import OF_THIS_PROCESS
            resource.setrlimit(resource.RLIMIT_NOFILE, (1400, 1400))
            silent = [
                watch(f"10.0.{n // 250}.{n % 250 + 1}", port=82, interval=1.0, timeout=2.0)
                for n in range(2000)
            ]
            time.sleep(3)
            print(OF_THIS_PROCESS.room() < 300)
            show(watch("10.0.20.1", port=80, timeout=5.0))
            print({one.outcome for each in silent[:500] for one in each.results(1)})
            """,
        )
    assert found == ["True", "reply|-|-", "{<Outcome.TIMEOUT: 'timeout'>}"]
