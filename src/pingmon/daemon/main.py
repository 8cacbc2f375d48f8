"""pingmond: the one place where everything is wired together."""

import errno
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from pingmon import __version__
from pingmon.api.dispatcher import Dispatcher
from pingmon.api.server import Server
from pingmon.daemon import config as configuration
from pingmon.daemon import process_lock, service_view, systemd
from pingmon.daemon.application import Application
from pingmon.daemon.config_schema import SETTINGS
from pingmon.daemon.logging_setup import configure_logging, install_exception_hooks
from pingmon.daemon.resource_limits import configure_for_many_threads, raise_descriptor_limit
from pingmon.engine.health import STUCK_AFTER
from pingmon.engine.probers import open_probers
from pingmon.handlers import METHODS
from pingmon.model.errors import PingmonError
from pingmon.model.redaction import redact
from pingmon.probes.registry import PROBERS
from pingmon.storage.sqlite.backup import BackupFailed, backup
from pingmon.storage.sqlite.database import DatabaseRefused, open_database
from pingmon.storage.store import Store

log = logging.getLogger("pingmon")

DATABASE = "pingmon.db"
CANNOT_START = 1  # the message says why; trying again may help
WRONG_CONFIGURATION = 78  # EX_CONFIG of sysexits.h; trying again will not help, see pingmon.service
# A pinger that wakes up has to get the interpreter from whoever computes: at Python's 5 ms a long
# list makes probes late, see docs/performance.md.
SWITCH_INTERVAL = 0.0005  # s
# Probes under way come and go by thousands; to a collector of cycles they look like news, which it
# read for 25 ms every 2 s. Reference counts free them; what is left in cycles is mostly the making of
# SQL for requests. So it waits until so many objects (200 bytes each) more were made than freed, at
# least and per monitor, and for the hour: all take it a third of a second with 20,000 targets.
PILE_LEAST, PILE_EACH = 10_000, 5  # objects
COLLECT_EVERY = 3600.0  # s
NEVER = 1_000_000
HOUSEKEEPING = 1.0, 5.0  # s; the first pause, and those that follow


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 stopped as asked, CANNOT_START, 2 wrong usage, WRONG_CONFIGURATION."""
    install_exception_hooks()
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.set_threshold(NEVER, NEVER, NEVER)  # while it starts
    configure_for_many_threads()
    raise_descriptor_limit()
    threading.stack_size(1 << 20)  # reserved, not resident: a worker touches about 17 KB
    given = sys.argv[1:] if arguments is None else arguments
    judged = service_view.check_as_service(given)
    if judged is not None:
        return judged
    try:
        config = configuration.load(arguments)
    except configuration.ConfigError as error:
        return _refuse(error, CANNOT_START if service_view.FLAG in given else WRONG_CONFIGURATION)
    except SystemExit as wrong_usage:
        if wrong_usage.code:
            systemd.refuse_waiting_clients("pingmond can't start: wrong options in its unit")
        raise
    if config.check_only:
        return _report_check(config)
    if config.backup:
        return _back_up(config)
    configure_logging(config.log_level)
    log_warnings(config)
    os.umask(0o077)
    try:
        Daemon(config).run()
    except (process_lock.AlreadyRunning, process_lock.WrongUser, DatabaseRefused, OSError) as error:
        return _refuse(error)
    except Exception:
        systemd.refuse_waiting_clients("pingmond failed: an internal error, see journalctl -u pingmon")
        raise
    return 0


def _report_check(config: configuration.Config) -> int:
    print(f"{config.file}: right" if config.file.exists() else "no file: defaults")
    for words in config.warnings:
        print(f"pingmond: warning: {words}", file=sys.stderr)
    for key in config.unchecked:
        print(f"pingmond: {key} is not checked: only the service has its credentials", file=sys.stderr)
    return 0


def _back_up(config: configuration.Config) -> int:
    try:
        backup(Path(config.state_dir) / DATABASE, Path(config.backup or ""))
    except BackupFailed as error:
        return _refuse(error)
    print(config.backup)
    return 0


def _refuse(error: Exception, status: int = CANNOT_START) -> int:
    reason: object = error
    if isinstance(error, OSError) and error.strerror:  # without "[Errno 17]"
        reason = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    words = redact(str(reason))
    systemd.say_error(f"pingmond: {words}")
    systemd.refuse_waiting_clients(f"pingmond can't start: {words}")
    return status


class Daemon:
    """The running process: builds everything, watches it, stops it in order."""

    def __init__(self, config: configuration.Config) -> None:
        self.config = config
        self.systemd = systemd.Notifier()
        self.signals: list[int] = []
        self.wake = threading.Event()
        self._reloading = threading.Lock()

    def run(self) -> None:
        state = Path(self.config.state_dir)
        process_lock.refuse_root(state)
        if state.exists() and not state.is_dir():
            words = "it is not a directory; give another --state-dir"
            raise NotADirectoryError(errno.ENOTDIR, words, str(state))
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = process_lock.lock_state(state)
        inherited = systemd.inherited_socket()
        try:
            if inherited:
                self._run(inherited, state)
            else:
                with process_lock.SocketFile(self.config.socket) as listener:
                    self._run(listener, state)
        finally:
            if inherited:
                inherited.detach()  # stays open: whoever waits there is told if we could not start
            os.close(lock)

    def _run(self, listener: socket.socket, state: Path) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        store = Store(open_database(state / DATABASE))
        probers = open_probers(PROBERS)
        config = self.config
        application = Application(store, probers, config)
        server = Server(listener, Dispatcher(METHODS, application.context, __version__, redact))
        application.start()
        probers.start()
        server.start()
        counts = application.worker_pool.counts()
        log.info("pingmond %s watches %d monitors", __version__, sum(counts.values()))
        self.systemd.ready()
        self._keep(application, server)
        self.systemd.stopping()
        began = time.monotonic()
        server.stop()
        application.stop()
        probers.stop()
        store.close()
        log.info("stopped in %.1f s", time.monotonic() - began)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.signals.append(number)
        self.wake.set()

    def _keep(self, application: Application, server: Server) -> None:
        pause, then = HOUSEKEEPING
        collect_at = time.monotonic() + COLLECT_EVERY
        while True:
            self.wake.wait(pause)
            pause = then
            self.wake.clear()
            while self.signals:
                number = self.signals.pop(0)
                if number != signal.SIGHUP:
                    log.info("%s: stopping", signal.Signals(number).name)
                    return
                # Chats that are new in it are asked about, which takes seconds.
                reload = threading.Thread(target=self._reload, args=(application,), daemon=True)
                reload.start()
            stuck = application.health.find_stuck_thread()
            if stuck is None and time.monotonic() - server.heartbeat > STUCK_AFTER:
                stuck = "the API has not moved"
            if stuck:
                log.error("%s", stuck)
            else:
                self.systemd.alive()
                application.signs_of_life.housekept = time.monotonic()
            application.run_operator_alerts()
            if time.monotonic() > collect_at:
                gc.collect()
                collect_at = time.monotonic() + COLLECT_EVERY
            counts = application.worker_pool.counts()
            set_gc_thresholds(sum(counts.values()))
            self.systemd.status(application.describe_health())

    def _reload(self, application: Application) -> None:
        with self._reloading:
            self._read_again(application)

    def _read_again(self, application: Application) -> None:
        try:
            fresh = configuration.load()
            application.use_configuration(fresh)
        except (configuration.ConfigError, PingmonError, SystemExit) as error:
            log.error("the configuration is kept as it was: %s", error)
            application.configuration.refused = redact(str(error)).replace("\n", "; ")
            return
        logging.getLogger().setLevel(fresh.log_level.upper())
        now, before = fresh.values, self.config.values
        changed = [one.name for one in SETTINGS if not one.live and now[one.name] != before[one.name]]
        names = ("uplink", "operator", "heartbeat")
        changed += [name for name in names if getattr(fresh, name) != getattr(self.config, name)]
        for name in changed:
            log.warning("%s changed: that needs a restart", name)
        log_warnings(fresh)
        application.configuration.refused, application.configuration.needs_restart = "", tuple(changed)
        application.chat.use(fresh.chat)
        log.info("configuration read again")


def log_warnings(config: configuration.Config) -> None:
    for words in config.warnings:
        log.warning("%s", words)


def set_gc_thresholds(monitors: int) -> None:
    """Look for cycles among young objects only, and the more rarely the more monitors there are."""
    gc.set_threshold(max(PILE_LEAST, PILE_EACH * monitors), NEVER, NEVER)


if __name__ == "__main__":
    sys.exit(main())
