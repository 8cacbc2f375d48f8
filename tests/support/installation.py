"""What tests of an installed package share: how it is installed and given a Bot API."""

from tests.support.bot_api import TOKEN
from tests.support.container import Container
from tests.support.paths import ROOT

RELEASES = ("bookworm", "trixie")
ADD = f"PINGMON_TOKEN={TOKEN} pingmonctl add-mon --chat_id 1001 --interval 1 --ip_address"
INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Options::=--force-confold"
CONFIGURATION = "/etc/pingmon/pingmon.toml"
DROP_INS = "/etc/systemd/system/pingmon.service.d"


# A command that runs inside once `put_bot_api` has put the stand-in there.
BOT_API = "env PYTHONPATH=/srv python3 -m tests.support.bot_api 8081 /srv/messages"


def put_bot_api(container: Container) -> None:
    """Files without dependencies but each other."""
    container.sh("mkdir -p /srv/tests/support && touch /srv/messages")
    for name in ("bot_api.py", "bot_chat.py"):
        container.put(ROOT / "tests" / "support" / name, f"/srv/tests/support/{name}")


def start_bot_api(container: Container) -> None:
    """The stand-in runs inside, as a unit of its own."""
    sh = container.sh
    put_bot_api(container)
    sh(f"systemd-run -q --unit bot-api {BOT_API}")
    sh(f"echo 'telegram_api_url = \"http://127.0.0.1:8081\"' > {CONFIGURATION}")
    sh("systemctl restart pingmon")


def states(container: Container) -> list[str]:
    """What systemctl is-active says of the service and of its socket."""
    return container.sh("systemctl is-active pingmon.service pingmon.socket", check=False).stdout.split()
