"""Commands from chats, put together: what the daemon starts, reloads and stops."""

from functools import partial

from pingmon.chat.commander import Commander
from pingmon.chat.first_replies import FirstReplies
from pingmon.chat.menu import Entry
from pingmon.chat.people import ChatMembers, NamedRoles
from pingmon.chat.pollers import Pollers
from pingmon.chat.registry import COMMANDS
from pingmon.chat.request import Bot, ChatTools
from pingmon.chat.update_handler import UpdateHandler
from pingmon.kinds.telegram import TELEGRAM
from pingmon.model.chat_config import ChatConfig
from pingmon.model.chat_service import ChatClient, ChatService
from pingmon.operations.context import Context
from pingmon.storage.channels import Account


class ChatCommands:
    """Thread-safe."""

    def __init__(self, context: Context, config: ChatConfig, language: str, zone: str) -> None:
        """language, zone: of answers, unless a monitor or a person has another."""
        self._context = context
        context.polling.config = config
        service = context.channels[TELEGRAM.name]
        assert isinstance(service, ChatService)
        self._parse = service.parse_update
        self._pollers = Pollers(context, service, self._new_handler)
        members = ChatMembers(self._pollers.clients)
        tools = ChatTools(context, NamedRoles(context), members, language=language, zone=zone)
        self._commander = Commander(tools)
        self._first_replies = FirstReplies(context)
        self._menu = [Entry(one.name, one.summary) for one in COMMANDS.values()]

    def _new_handler(self, account: Account, client: ChatClient) -> UpdateHandler:
        wake = partial(self._context.sender_pool.wake, {account.id})
        self._context.sender_pool.start_sender(account.id, account.kind, account.secret)
        bot = Bot(account.id, account.name)
        return UpdateHandler(
            self._context.store,
            bot,
            client,
            self._commander,
            self._parse,
            wake,
            self._menu,
            self._first_replies,
        )

    def is_polled(self, account_id: int) -> bool:
        """Whether somebody hears when a button of this account is pressed."""
        return self._pollers.is_polled(account_id)

    def foresee(self) -> None:
        """See Pollers; to be called before anything is sent."""
        self._pollers.foresee()

    def start(self) -> None:
        self._pollers.start()

    def use(self, config: ChatConfig) -> None:
        """The configuration was read again."""
        self._pollers.use(config)

    def stop(self) -> None:
        """What is being handled is finished; the rest is left to the next start."""
        self._pollers.stop()
        self._first_replies.stop()
