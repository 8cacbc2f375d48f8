"""Chats that the configuration names become channels of the store, which monitors and alarms know."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from pingmon.daemon.config import Config
from pingmon.daemon.named_channels import DECLARED, NamedChat
from pingmon.model.audience import Audiences, Step
from pingmon.model.errors import Refused, Unreachable
from pingmon.model.monitor import Channel, ChannelRequest
from pingmon.model.tag_settings import CHANNEL
from pingmon.operations.accounts import same_account
from pingmon.operations.configuration_state import Configured
from pingmon.operations.context import Context

Chats = dict[NamedChat, str]  # each with the table that names it


def chats_of(config: Config) -> Chats:
    """All that escalations, groups and tags name."""
    return dict(reversed(list(_named(config))))  # the first table that names it stays


def channel_request(context: Context, bots: Mapping[str, str], chat: NamedChat) -> ChannelRequest:
    """Under the token by which the store knows the bot: a newer one of the file is checked first.

    bots: name → token.
    """
    if chat.request is not None:
        return chat.request
    secret, kind = bots[chat.bot], DECLARED.name
    known = same_account(context, context.store.channels.accounts(), kind, secret)
    return ChannelRequest(
        kind,
        known.secret if known else secret,
        known.name if known else context.channels[kind].identify(secret),
        chat.address,
        chat.topic,
    )


def check_chats(context: Context, bots: Mapping[str, str], chats: Chats) -> None:
    """Ask the other side about each. Raises Refused, Unreachable, which say where it is named."""
    for chat, where in chats.items():
        asked = channel_request(context, bots, chat)
        asked = replace(asked, secret=bots[chat.bot]) if chat.bot else asked
        try:
            context.channels[asked.kind].check(asked)
        except Refused as error:
            raise Refused(f"{where}: {chat}: {error}", error.field) from None
        except Unreachable as error:
            raise Unreachable(f"{where}: {chat}: {error}") from None


def configured(context: Context, config: Config) -> Configured:
    """With channels, which are made if they are new. Raises StorageUnavailable."""
    requests = {one: channel_request(context, config.bots, one) for one in chats_of(config)}
    channels = {one: context.store.channels.ensure(asked) for one, asked in requests.items()}
    alarms = config.alarms
    return Configured(
        tags={
            tag: {name: channels[value] if name == CHANNEL else value for name, value in its.items()}
            for tag, its in config.tags.items()
        },
        groups={name: _each_once(channels.__getitem__, its) for name, its in alarms.groups.items()},
        escalations=alarms.escalations.keys(),
        audiences=Audiences(
            {
                name: tuple(Step(one.after, channels[one.chat].id, one.chat.address) for one in steps)
                for name, steps in alarms.escalations.items()
            },
            alarms.quiet,
            context.time_zone,
        ),
    )


def _each_once(
    channel_of: Callable[[NamedChat], Channel], chats: tuple[NamedChat, ...]
) -> tuple[Channel, ...]:
    """Two names may be one bot's."""
    return tuple({one.id: one for one in map(channel_of, chats)}.values())


def _named(config: Config) -> Iterator[tuple[NamedChat, str]]:
    for name, steps in config.alarms.escalations.items():
        yield from ((one.chat, f"escalation.{name}") for one in steps)
    for name, chats in config.alarms.groups.items():
        yield from ((one, f"groups.{name}") for one in chats)
    for tag, settings in config.tags.items():
        if CHANNEL in settings:
            yield settings[CHANNEL], f"tags.{tag}"
