"""pingmon: tells people that a device, a port, a web server or a name server stopped answering."""

import os


def _version() -> str:
    """The newest version in debian/changelog, which is the only place where it is written.

    A package carries no changelog of its source: its build writes the version in place of the call.
    """
    checkout = os.path.join(os.path.dirname(__file__), "..", "..")  # noqa: PTH118, PTH120 - pathlib is slow
    try:
        with open(os.path.join(checkout, "debian", "changelog")) as changelog:  # noqa: PTH118, PTH123
            return changelog.readline().split("(")[1].split(")")[0]
    except OSError:
        from importlib.metadata import version  # slow to import, and right only where pip installed us

        return version("pingmon")


__version__ = _version()
