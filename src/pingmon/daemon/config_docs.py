"""The configuration file and its manual page, written from the settings' own description.

`python3 -m pingmon.daemon.config_docs toml|man`: the package's build calls it.
"""

import json
import sys

from pingmon.daemon.config_schema import SETTINGS
from pingmon.daemon.named_channels import DECLARED, NAME
from pingmon.daemon.sections import CREDENTIAL, FILE, KINDS, is_needed
from pingmon.daemon.tag_config import GIVEN_BY_TAGS
from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.declaration import ChannelKind

_BOTS = """
# Bots whose tokens pingmond reads from files; `pingmonctl add-mon --bot home` uses one.
# token_credential names a systemd credential: LoadCredential=home:/etc/pingmon/home.token
# Applies at once on reload, for monitors that are added from then on; a credential after a restart.
# commands = true takes commands from the bot's chats, as `pingmonctl chat enable` does (docs/chat.md).
#[bots.home]
#token_credential = "home"
#commands = true
"""


_CHAT = """
# Who may command pingmon from a chat, and what may be added from there. Applies at once on reload.
#[chat]
#chat_admins = "admin"
#allow_networks = ["10.0.0.0/8"]
#most_monitors = 100
#least_interval = 5
#[[chat.allow]]
#chat_id = "-1001234567890"
#user_id = 42
#role = "admin"
"""


_MORE = """
# What answers whenever this machine can see: while none does, nothing is decided. Applies after a
# restart.
#uplink = ["gateway"]
"""
_OPERATOR = """
# Who is told when nothing reaches a channel any more, or messages wait for long. Applies after a restart.
#[operator]
#bot = "home"
#chat_id = "1001"
"""
_HEARTBEAT = """
# A sign of life for a service that tells you when it is missing: an HTTP request of a secret URL while
# threads move, the database is written and something answers. url_file and url_credential keep the URL
# out of this file. Applies after a restart.
#[heartbeat]
#url_credential = "heartbeat"
#every = 60
#method = "GET"
"""

_ALARMS = """
# Channels that monitors tell besides their own: `pingmonctl add-mon --group night`. Applies at once on
# reload; new ones are checked first, and a file with a wrong one is refused.
#[[groups.night]]
#bot = "home"
#chat_id = 1002
#[[groups.night]]
#bot = "home"
#chat_id = -1003
#thread_id = 7

# Whom to tell what nobody acknowledged: `pingmonctl add-mon --escalation late`. Applies at once on
# reload.
#[[escalation.late]]
#after = "15m"
#bot = "home"
#chat_id = 1004

# Hours of a chat in which messages make no sound, or wait until the end. Applies at once on reload.
#[chats.1001]
#quiet_hours = "22:00-07:00"
#quiet_hold = true
"""
_TAGS = """
# Settings of all monitors with a tag, as add-mon takes them; [tags.site] is for all values of site. What
# was given for a monitor wins. Tags of one monitor may not give a setting differently. A chat is for
# those that were given none. Applies at once on reload, to monitors that are there, too.
#[tags."site=berlin"]
#interval = 30
#false_alarms = "1/month"
#bot = "home"
#chat_id = 1001
#group = "night"
#tell_tags = true
"""


# What may stand in place of a chat, wherever a table names one.
_OTHER_CHANNELS = (
    "Here and in [operator], [[escalation.NAME]] and [[groups.NAME]] "
    + " or ".join(kind.address for kind in CHANNEL_KINDS.values() if kind is not DECLARED)
    + f" may stand in place of {NAME} and {DECLARED.address}, as \\fBpingmonctl add\\-mon\\fR takes it."
)


def toml() -> str:
    """pingmon.toml as it is installed: every setting commented out, at its default."""
    parts = [
        "# pingmon's configuration, see pingmon.toml(5). Every setting is shown with its default.\n"
        "# `pingmond --check-config` says whether this file is right, `systemctl reload pingmon`\n"
        "# reads it again.\n"
    ]
    for setting in SETTINGS:
        applies = "at once on reload" if setting.live else "after a restart"
        parts.append(
            f"\n# {setting.help[0].upper()}{setting.help[1:]}. Applies {applies}.\n"
            f'#{setting.name} = "{setting.default}"\n'
        )
    tables = _MORE + _BOTS + _CHAT + _OPERATOR + _HEARTBEAT + _ALARMS + _TAGS
    return "".join(parts) + tables + "".join(map(_section_toml, KINDS.values()))


def _section_toml(kind: ChannelKind) -> str:
    """The table that a kind of channel declares."""
    summary = f"{kind.summary[0].upper()}{kind.summary[1:]}"
    lines = [f"\n# {summary}. Applies at once on reload.", f"#[{kind.section}]"]
    for one in kind.configuration:
        if one.is_secret:
            lines.append(f'#{one.name}{CREDENTIAL} = "{kind.section}"')
        else:
            value = (one.schema.get("examples") or [one.schema.get("default", "")])[0]
            lines.append(f"#{one.name} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def _section_man(kind: ChannelKind) -> list[str]:
    lines = list[str]()
    for one in kind.configuration:
        names = f"{one.name}{FILE} | {one.name}{CREDENTIAL}" if one.is_secret else one.name
        default, words = one.schema.get("default", ""), one.schema["description"]
        shown = json.dumps(default).strip('"')
        more = "must be given" if is_needed(one) else f"default {shown}" if shown else ""
        lines += [".TP", f".B [{kind.section}] {names}", f"{words}{'; ' if more else ''}{more}"]
    return [*lines[:-1], f"{lines[-1]}. SIGHUP applies all of [{kind.section}]."]


def man() -> str:
    """pingmon.toml(5)."""
    lines = [
        '.TH pingmon.toml "5" Manual',
        ".SH NAME",
        "pingmon.toml \\- configuration of pingmond",
        ".SH DESCRIPTION",
        "A TOML file. Options of pingmond win over its environment, which wins over this file.",
        "Unknown keys and wrong values are refused; after a reload with a wrong file the running",
        "configuration is kept, and",
        ".B pingmonctl status",
        "says so, as it names settings that were changed and need a restart.",
        ".SH OPTIONS",
    ]
    for setting in SETTINGS:
        applies = "SIGHUP applies it." if setting.live else "It needs a restart."
        lines += [
            ".TP",
            f".B {setting.name}",
            f"{setting.help}; default {setting.default or 'none'}. {applies}",
        ]
    lines += [
        ".TP",
        ".B uplink",
        "list of addresses that answer whenever this machine can see, and gateway for the default",
        "gateway; while none answers, targets are unknown and nothing is told;",
        "default [\\(dqgateway\\(dq]. It needs a restart.",
        ".TP",
        ".B [operator] bot, chat_id",
        "a bot of [bots.NAME] and the chat that is told when nothing reaches a channel any more.",
        "It needs a restart.",
        ".TP",
        ".B [heartbeat] url | url_file | url_credential",
        "URL of a service that tells somebody when requests for it stop: this is how a dead pingmond, or",
        "one that sees nothing, is noticed. It is a secret and shown nowhere; url_file names a file that",
        "holds it, url_credential a systemd credential (LoadCredential= in the unit).",
        "It is asked for while all threads move, the database can be written, and in the time since the",
        "one before a target or a gateway answered, or the Bot API does, or nothing is watched; not",
        "while no monitor can be seen.",
        "proxy and ca_file apply; redirections are not followed. Failures are in",
        ".B pingmonctl status",
        "and the log. It needs a restart.",
        ".TP",
        ".B [heartbeat] every, method",
        "seconds from one request to the next, 10 to 86400, default 60; GET (the default), or POST with",
        "a summary in JSON: version, uptime_s, health (ok, degraded), conditions (their kinds), states",
        "(how many monitors are up, down, unknown), waiting (messages)",
        ".TP",
        ".B [[escalation.NAME]] after, bot, chat_id, thread_id",
        "a step of an escalation, for \\fBpingmonctl add\\-mon \\-\\-escalation NAME\\fR: the chat",
        "is told what is still down so long after that, as 15m, unless somebody acknowledged it; and",
        "when it is up again. bot is one of [bots.NAME]. SIGHUP applies it.",
        ".TP",
        ".B [[groups.NAME]] bot, chat_id, thread_id",
        "a chat of a group, for \\fBpingmonctl add\\-mon \\-\\-group NAME\\fR: all its chats are told",
        "besides the monitor's own; each is muted and delivered for itself. When the group changes, a",
        "new chat is told what is down, and one that was taken away that no more comes. SIGHUP applies",
        "it.",
        ".TP",
        ".B [chats.ID] quiet_hours, quiet_hold",
        "of all monitors that tell this chat and have no quiet hours of their own, as 22:00\\-07:00:",
        "messages make no sound, or wait until the end when quiet_hold is true. SIGHUP applies it.",
        ".TP",
        ".B [tags.TAG]",
        "settings of all monitors that have the tag, as [tags.printer], [tags.\\(dqsite=berlin\\(dq], or",
        "[tags.site] for all values of site:",
        ", ".join(one.name for one in GIVEN_BY_TAGS) + ", as \\fBpingmonctl add\\-mon\\fR takes them;",
        "and bot, chat_id, thread_id: the first chat of those that were given none.",
        "With tell_tags messages name the tags of their device.",
        _OTHER_CHANNELS,
        "What was given for a monitor wins; \\fBpingmonctl explain\\fR says where each comes from.",
        "When two tags of a monitor give a setting differently, the command that would make it so is",
        "refused, and so is the whole file at a reload. SIGHUP applies it, to live monitors, too.",
        "At a reload channels that are new in [escalation], [groups] and [tags] are checked first. If",
        "one is refused or can't be reached, or if a monitor needs a group, an escalation or a",
        "channel that the file gives no more, the whole file is refused and what was in force stays so.",
        ".TP",
        ".B [bots.NAME] token_file",
        "file with the token of a bot, for \\fBpingmonctl add\\-mon \\-\\-bot NAME\\fR",
        ".TP",
        ".B [bots.NAME] token_credential",
        "the same, as the name of a systemd credential (LoadCredential= in the unit).",
        "SIGHUP applies both for monitors that are added from then on; credentials are passed at a start",
        "only.",
        ".TP",
        ".B [bots.NAME] commands",
        "true: commands from the chats of this bot are taken, false: they are not, whatever",
        "\\fBpingmonctl chat\\fR said; without it that counts. Only one program can read what a bot",
        "hears. SIGHUP applies it, and all of [chat].",
        ".TP",
        ".B [chat] chat_admins",
        "what the administrators of a chat may do from there: view, operate or admin; default view, as",
        "all of its members. It is asked for, and remembered for 5 min.",
        ".TP",
        ".B [chat] allow_networks, most_monitors, least_interval",
        "of what is added from a chat: in which networks, as 10.0.0.0/8 (default: any); at how many",
        "monitors of one chat no more are (default 0: no such bound); the shortest interval in seconds",
        "(default: that of \\fBpingmonctl add\\-mon\\fR)",
        ".TP",
        ".B [[chat.allow]] chat_id, user_id, role, bot",
        "who may do what from a chat, as \\fBpingmonctl chat allow\\fR: without user_id whoever is in",
        "it, without bot by whatever bot",
        *(line for kind in KINDS.values() for line in _section_man(kind)),
        ".SH ENVIRONMENT",
        "Every option above \\fBuplink\\fR has a variable, PINGMON_ and its name in capitals:",
        ", ".join(f"PINGMON_{one.name.upper()}" for one in SETTINGS) + ".",
        ".SH FILES",
        ".TP",
        ".I /etc/pingmon/pingmon.toml",
        "read by default",
        ".TP",
        ".I /usr/share/doc/pingmon/examples/pingmon.toml",
        "every setting with its default",
        ".SH EXAMPLES",
        ".nf",
        'log_level = "warning"',
        "[bots.home]",
        'token_credential = "home"',
        ".fi",
        ".SH SEE ALSO",
        ".BR pingmond (8),",
        ".BR pingmonctl (1)",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print({"toml": toml, "man": man}[sys.argv[1]](), end="")
