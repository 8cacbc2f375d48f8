"""The API's methods: thin doors to operations. A new method: one function, and its name below."""

from pingmon.handlers.channels import find_chat, renew_token, test_mon
from pingmon.handlers.chats import chat_allow, chat_deny, chat_disable, chat_enable, chat_list
from pingmon.handlers.downtimes import downtime_add, downtime_delete, downtime_list
from pingmon.handlers.explain import explain
from pingmon.handlers.files import import_mon
from pingmon.handlers.holds import ack, mute, pause_mon, resume_mon, unack, unmute
from pingmon.handlers.journal import log
from pingmon.handlers.monitor_list import list_mon
from pingmon.handlers.monitors import add_mon, del_mon, edit_mon
from pingmon.handlers.outbox import outbox_drop, outbox_list, outbox_retry
from pingmon.handlers.plans import plan_add, plan_begin, plan_check, plan_commit, plan_show
from pingmon.handlers.status import status

METHODS = (
    add_mon,
    edit_mon,
    explain,
    import_mon,
    plan_begin,
    plan_add,
    plan_check,
    plan_show,
    plan_commit,
    del_mon,
    list_mon,
    pause_mon,
    resume_mon,
    mute,
    unmute,
    ack,
    unack,
    downtime_add,
    downtime_list,
    downtime_delete,
    log,
    test_mon,
    find_chat,
    renew_token,
    chat_list,
    chat_allow,
    chat_deny,
    chat_enable,
    chat_disable,
    outbox_list,
    outbox_retry,
    outbox_drop,
    status,
)
