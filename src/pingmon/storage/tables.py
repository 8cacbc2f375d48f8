"""The tables. The SQL stays portable: SQLite by default, PostgreSQL possible."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

bots = Table(
    "bots",
    metadata,
    Column("id", Integer, primary_key=True),
    # Of channel, as `kinds` declares it; a row is an account of that kind. Its default is for old rows.
    Column("kind", String(16), nullable=False),
    Column("token", Text, nullable=False),  # the account's secret, empty if it has none
    Column("name", Text, nullable=False),  # username, or the numeric id
    UniqueConstraint("kind", "token", name="bots_kind_token_key"),
)

channels = Table(
    "channels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("bot_id", Integer, ForeignKey("bots.id"), nullable=False),
    Column("chat_id", Text, nullable=False),
    Column("thread_id", Integer, nullable=False, server_default="0"),  # 0: no topic
    Column("migrated_to", Text),
    Column("topic_gone", Boolean, nullable=False, server_default="0"),
    Column("delivery", Text, nullable=False, server_default="ok"),
    # Until when the service wants nothing for this address (epoch seconds), and for how long it said so.
    Column("flood_until", Float, nullable=False, server_default="0"),
    Column("flood_seconds", Float, nullable=False, server_default="0"),
    # Made because somebody wrote there: it goes when nothing of it is kept any more.
    Column("answers_only", Boolean, nullable=False, server_default="0"),
    UniqueConstraint("bot_id", "chat_id", "thread_id"),
)

monitors = Table(
    "monitors",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("address", String(64), nullable=False),  # in use; empty as long as a name was never resolved
    Column("host", String(253), nullable=False, server_default=""),  # the name that is watched, if any
    Column("family", String(1), nullable=False, server_default=""),  # of its addresses: 4, 6, empty
    Column("mon_type", String(16), nullable=False),
    Column("channel_id", Integer, ForeignKey("channels.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("options", JSON, nullable=False, server_default="{}"),  # model.monitor.Options
    # Settings that were given for it (model.tag_settings.Own); null: those that are not the default.
    # `settings` and `options` are what is in force, with what its tags give.
    Column("own", JSON(none_as_null=True)),
    Column("detector", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("deleted", Boolean, nullable=False, server_default="0"),
)
Index("monitors_by_what", monitors.c.address, monitors.c.channel_id)
_NAMED = monitors.c.host != ""
Index("monitors_by_host", monitors.c.host, sqlite_where=_NAMED, postgresql_where=_NAMED)

transitions = Table(
    "transitions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("monitor_id", String(36), ForeignKey("monitors.id"), nullable=False),
    Column("before", String(8), nullable=False),
    Column("after", String(8), nullable=False),
    Column("at", Float, nullable=False),
    Column("decided_at", Float, nullable=False),
    Column("reason", Text, nullable=False),
)
Index("transitions_by_monitor", transitions.c.monitor_id, transitions.c.at)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel_id", Integer, ForeignKey("channels.id"), nullable=False),
    Column("monitor_id", String(36), ForeignKey("monitors.id")),  # null: about no single one
    Column("event", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Float, nullable=False, server_default="0"),  # epoch seconds
    # Likewise; nothing but time releases it: the end of quiet hours.
    Column("hold_until", Float, nullable=False, server_default="0"),
    Column("sent_at", Float),
    Column("message_id", Integer),
    Column("key", String(16)),  # of the buttons under its message; null: it has none
    # Epoch seconds, of what is no alarm (storage/answers.py); null: of alarms, which never expire.
    Column("expires", Float),
)
Index("outbox_waiting", outbox.c.sent_at, outbox.c.channel_id, outbox.c.id)
_HAS_KEY, _HAS_MESSAGE = outbox.c.key.is_not(None), outbox.c.message_id.is_not(None)
Index("outbox_by_key", outbox.c.key, unique=True, sqlite_where=_HAS_KEY, postgresql_where=_HAS_KEY)
# Of what was sent: what a message told, and what was told of a monitor.
for _name, _column in (("message", outbox.c.message_id), ("monitor", outbox.c.id)):
    _of = outbox.c.channel_id if _name == "message" else outbox.c.monitor_id
    Index(f"outbox_by_{_name}", _of, _column, sqlite_where=_HAS_MESSAGE, postgresql_where=_HAS_MESSAGE)
IS_ALARM = outbox.c.expires.is_(None)

# What a chat was told of devices that can't be seen (model.blindness.Episode); none: nothing is open.
episodes = Table(
    "episodes",
    metadata,
    Column("channel_id", Integer, ForeignKey("channels.id"), primary_key=True),
    Column("episode", JSON, nullable=False),
)

# What one channel knows of one monitor, and what holds it back (model.alarm_state.Alarm).
alarms = Table(
    "alarms",
    metadata,
    Column("monitor_id", String(36), ForeignKey("monitors.id"), primary_key=True),
    Column("channel_id", Integer, ForeignKey("channels.id"), primary_key=True),
    Column("alarm", JSON, nullable=False),
    Column("due", Float),  # epoch seconds; null: nothing happens by itself
)
Index("alarms_due", alarms.c.due)

# What a channel was told of all its monitors (model.alarm_chat.Chat).
alarm_chats = Table(
    "alarm_chats",
    metadata,
    Column("channel_id", Integer, ForeignKey("channels.id"), primary_key=True),
    Column("chat", JSON, nullable=False),
)

downtimes = Table(
    "downtimes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("plan", JSON, nullable=False),  # model.downtime.Downtime
    Column("selector", JSON, nullable=False),  # conditions: [key, value]
    Column("by", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("begun", Float, nullable=False, server_default="0"),  # when the latest window began
    Column("due", Float),  # when the next window begins; null: none does
)

# Who changed what. monitor_id has no foreign key: an entry may outlive what it is about.
journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(32), nullable=False),
    Column("monitor_id", String(36)),
    Column("label", Text, nullable=False),
    Column("details", JSON, nullable=False),
)
Index("journal_by_time", journal.c.at)

# Bots whose commands are read (chat/poller.py). enabled: by command; the configuration may say otherwise.
chat_bots = Table(
    "chat_bots",
    metadata,
    Column("bot_id", Integer, ForeignKey("bots.id"), primary_key=True),
    Column("enabled", Boolean, nullable=False, server_default="0"),
    Column("update_id", BigInteger),  # the highest one that was handled; null: none yet
    Column("handled_at", Float, nullable=False, server_default="0"),  # epoch seconds
    Column("menu", Text, nullable=False, server_default=""),  # a digest of the commands that it shows
)

# Chats that wrote to a bot whose commands are read.
chat_seen = Table(
    "chat_seen",
    metadata,
    Column("bot_id", Integer, ForeignKey("bots.id"), primary_key=True),
    Column("chat_id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("seen_at", Float, nullable=False),
)

# Who may do what from a chat (model.chat_rights). user_id 0: whoever is in it.
chat_grants = Table(
    "chat_grants",
    metadata,
    Column("bot_id", Integer, ForeignKey("bots.id"), primary_key=True),
    Column("chat_id", String(64), primary_key=True),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("role", String(8), nullable=False),
    Column("until", Float),  # epoch seconds; null: no end
    Column("by", Text, nullable=False),
    Column("created_at", Float, nullable=False),
)

# Deletions that can be undone for a while. key: random. record: storage/undo.py.
chat_undos = Table(
    "chat_undos",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("monitor_id", String(36), ForeignKey("monitors.id"), nullable=False),
    Column("expires", Float, nullable=False),
    Column("record", JSON, nullable=False),
)

# What the wall clock was ahead of the steady one, seconds, and in which boot of the machine; one row.
clock = Table(
    "clock",
    metadata,
    Column("boot", String(36), primary_key=True),
    Column("ahead", Float, nullable=False),
)

# What neighbours taught each other of their paths (model.pool.Pool).
pools = Table(
    "pools",
    metadata,
    Column("name", Text, primary_key=True),  # JSON: of a way out, and what else they have in common
    Column("content", JSON, nullable=False),
)

minutes = Table(
    "minutes",
    metadata,
    # In order of time: rows are appended, and the oldest go as one piece.
    Column("minute", Integer, primary_key=True, autoincrement=False),  # epoch // 60
    Column("address", String(64), primary_key=True),
    Column("probes", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    # Nanoseconds: as integers they take half of what floats take.
    Column("rtt_min", BigInteger),
    Column("rtt_mean", BigInteger),
    Column("rtt_max", BigInteger),
    Column("rtt_sd", BigInteger),  # standard deviation
    sqlite_with_rowid=False,
)
