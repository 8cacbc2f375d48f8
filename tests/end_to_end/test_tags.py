"""Tags and what is selected by them: with the real daemon and client."""

import json

from tests.support.lab import Lab, Pingmon

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def tags(pingmon: Pingmon) -> dict[str, list[str]]:
    return {one: row["tags"] for one, row in pingmon.monitors().items()}


def test_tags_are_given_changed_and_select(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, "--name", "a", "--tag", "site=berlin", "--tag", "printer")
    pingmon.add(B, "--name", "b", "--tag", "site=bonn")
    pingmon.add(C, "--name", "c", "--parent", "a")
    assert tags(pingmon) == {A: ["printer", "site=berlin"], B: ["site=bonn"], C: []}
    listed = json.loads(pingmon.ctl("list-mon", "--tag", "site", "-o", "json").stdout)["monitors"]
    assert [one["ip_address"] for one in listed] == [A, B]
    refused = pingmon.ctl("edit-mon", "--tag", "site", "--add_tag", "old", check=False)
    assert refused.returncode == 1 and "2 monitors: a (10.0.0.1), b (10.0.0.2)" in refused.stderr
    dry = pingmon.ctl("edit-mon", "--tag", "site", "--add_tag", "old", "--dry_run")
    assert dry.stdout == "would change 2 monitors: a (10.0.0.1), b (10.0.0.2)\n"
    assert tags(pingmon)[A] == ["printer", "site=berlin"]
    done = pingmon.ctl("edit-mon", "--tag", "site", "--add_tag", "old", "--interval", "5", "--yes")
    assert "2 of 2 monitors were changed" in done.stderr
    pingmon.ctl("edit-mon", "--where", "ip_address=10.0.0.0/31", "--remove_tag", "site", "--yes")
    assert tags(pingmon) == {A: ["old", "printer"], B: ["old", "site=bonn"], C: []}
    assert pingmon.monitors()[B]["interval"] == 5
    one = pingmon.ctl("edit-mon", "b", "--remove_tag", "site")
    assert "tags old site=bonn → old" in one.stderr
    pingmon.stop()
    pingmon.start()
    assert tags(pingmon) == {A: ["old", "printer"], B: ["old"], C: []}
    nothing = pingmon.ctl("edit-mon", "--tag", "new", "--interval", "1", "--yes", check=False)
    assert nothing.returncode == 1 and "nothing was changed" in nothing.stderr
    wrong = pingmon.ctl("edit-mon", "a", "--add_tag", "=x", check=False)
    assert wrong.returncode == 1 and "is not a tag" in wrong.stderr
    log = json.loads(pingmon.ctl("log", "--action", "edit-mon", "-o", "json").stdout)["entries"]
    assert len(log) == 4 and log[0]["details"] == {"tags": [["old", "site=bonn"], ["old"]]}


def test_tags_go_through_files(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, "--tag", "site=berlin", "--tag", "printer", "--remind", "30m,2h")
    for kind in ("csv", "jsonl", "toml"):
        file = pingmon.directory / f"all.{kind}"
        file.write_text(pingmon.ctl("export", "--format", kind).stdout)
        pingmon.ctl("edit-mon", A, "--unset", "tags", "--unset", "remind")
        assert (tags(pingmon)[A], pingmon.monitors()[A]["remind"]) == ([], "")
        pingmon.ctl("apply", str(file))
        assert (tags(pingmon)[A], pingmon.monitors()[A]["remind"]) == (
            ["printer", "site=berlin"],
            "30m,2h",
        )
